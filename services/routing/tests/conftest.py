"""A receiver for the session, since its RSA key takes a while, and a world for each test."""

import pytest

from libs.testing.labels import TestReceiver
from services.routing.tests.neighbours import World


@pytest.fixture(scope="session")
def receiver() -> TestReceiver:
    return TestReceiver.new("bergen")


@pytest.fixture
async def world(receiver: TestReceiver) -> World:
    return await World.new(receiver)
