"""What the gateway's tests share: a receiver, whose RSA key takes a second to make, and a surrounding."""

import pytest

from libs.testing.labels import TestReceiver
from services.gateway.tests.doubles import Surrounding


@pytest.fixture(scope="session")
def receiver() -> TestReceiver:
    """One receiver for all tests."""
    return TestReceiver.new()


@pytest.fixture
async def around(receiver: TestReceiver) -> Surrounding:
    """A new surrounding."""
    return await Surrounding.new(receiver)
