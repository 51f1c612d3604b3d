"""A commitment is fixed by salt and statement, and by nothing less."""

from libs.commitments import commitment

STATEMENT = "e30.e30.c2ln"


def test_the_form_of_a_commitment_is_fixed() -> None:
    assert commitment(bytes(32), STATEMENT).hex() == "d4be0ecba3d275a0f73a65001eb7189cecb31a2da8617c5b14ae87da7c37eb9d"


def test_another_salt_gives_another_commitment() -> None:
    assert commitment(bytes(32), STATEMENT) != commitment(b"\x01" * 32, STATEMENT)
