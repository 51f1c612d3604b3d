"""Who reports travels apart, bound to the melding, and its size says nothing."""

import pytest

from libs.errors import SealMalformed
from libs.sealing.identity import Address, PrivateReporter, open_identity, pack_identity
from libs.values import MeldingId

MELDING = MeldingId.parse("5f0d7c52-2f0e-4c0a-9f6e-0f5a4b8f1c11")
OTHER = MeldingId.parse("5f0d7c52-2f0e-4c0a-9f6e-0f5a4b8f1c12")
SHORT = PrivateReporter("Nabo Fantasi")
LONG = PrivateReporter("Nabo Fantasi", "210-00-004", Address("Lia 14", postnummer="9991", poststed="FJELLVIK"))


@pytest.mark.parametrize("reporter", [SHORT, LONG])
def test_identity_comes_out_as_it_went_in_and_has_one_size(reporter: PrivateReporter) -> None:
    packed = pack_identity(MELDING, reporter)

    assert len(packed) == 4096
    assert open_identity(packed, MELDING) == reporter


@pytest.mark.parametrize("plaintext", [b"", b"{}", pack_identity(OTHER, SHORT), pack_identity(MELDING, SHORT).strip()])
def test_other_content_is_refused_with_the_sentence_of_a_broken_seal(plaintext: bytes) -> None:
    with pytest.raises(SealMalformed):
        open_identity(plaintext, MELDING)
