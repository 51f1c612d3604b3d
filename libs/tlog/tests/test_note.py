"""Notes and checkpoints, with the examples of C2SP's own pages."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from libs.errors import Malformed, SamvernError, StatementRefused
from libs.tlog.checkpoint import Checkpoint, open_checkpoint, signed_note
from libs.tlog.note import VerifierKey, assemble_note, open_note

VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey("samvern.example/log/keys", PRIVATE.public_key().public_bytes_raw())
HEAD = Checkpoint(KEY.name, 20_852_163, bytes(range(32)))
SIGNED = signed_note(HEAD, KEY, PRIVATE.sign(HEAD.text.encode()))


def test_the_example_of_the_specification_verifies() -> None:
    key = VerifierKey.parse(VKEY)
    assert str(key) == VKEY
    assert open_note(NOTE, [key]) == "This is an example message.\n"


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        VKEY + "=",
        VKEY.replace("530d903a", "530D903A"),
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("foo", "fo o"),
        VKEY.replace("+Aek", "+Bek"),
        VKEY[:-4],
    ],
)
def test_a_verifier_key_in_another_form_is_refused(vkey: str) -> None:
    with pytest.raises(Malformed):
        VerifierKey.parse(vkey)


def test_a_checkpoint_says_what_was_signed() -> None:
    assert SIGNED.startswith("samvern.example/log/keys\n20852163\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— ")
    assert open_checkpoint(SIGNED, KEY) == HEAD


def test_signatures_of_unknown_keys_are_ignored() -> None:
    witness = VerifierKey("witness.example", bytes(32))
    lines = [witness.signature_line(bytes(64)), KEY.signature_line(PRIVATE.sign(HEAD.text.encode()))]
    assert open_checkpoint(assemble_note(HEAD.text, lines), KEY) == HEAD
    with pytest.raises(StatementRefused):
        open_checkpoint(assemble_note(HEAD.text, lines[:1]), KEY)


def test_one_bad_signature_of_a_known_key_refuses_the_note() -> None:
    lines = [KEY.signature_line(PRIVATE.sign(HEAD.text.encode())), KEY.signature_line(bytes(64))]
    with pytest.raises(StatementRefused):
        open_checkpoint(assemble_note(HEAD.text, lines), KEY)


def test_the_checkpoint_of_another_origin_is_refused() -> None:
    other = Checkpoint("other.example/log", 1, bytes(32))
    with pytest.raises(StatementRefused):
        open_checkpoint(signed_note(other, KEY, PRIVATE.sign(other.text.encode())), KEY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        "o\n01\nAAAA\n",
        "o\n-1\n" + "A" * 43 + "=\n",
        "\n1\n" + "A" * 43 + "=\n",
        "o\n1\n" + "A" * 44 + "\n",
    ],
)
def test_a_checkpoint_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        Checkpoint.parse(text)


def test_extension_lines_are_ignored_but_never_empty() -> None:
    assert Checkpoint.parse(HEAD.text + "more\n") == HEAD
    with pytest.raises(Malformed):
        Checkpoint.parse(HEAD.text + "\n")


@given(st.integers(0, len(SIGNED) - 1), st.integers(0, 7))
def test_no_flipped_bit_is_accepted(at: int, bit: int) -> None:
    content = bytearray(SIGNED.encode("utf-8"))
    content[at] ^= 1 << bit
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(SamvernError):
        open_checkpoint(text, KEY)


@given(st.text(max_size=300))
def test_any_text_is_refused_by_an_error_of_ours(text: str) -> None:
    for note in (text, f"{HEAD.text}\n{text}", f"{text}\n\n{SIGNED.splitlines()[-1]}\n"):
        with pytest.raises(SamvernError):
            open_checkpoint(note, KEY)
