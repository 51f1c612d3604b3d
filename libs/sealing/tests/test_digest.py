"""The digest tells any two meldinger apart."""

from hypothesis import assume, given
from hypothesis import strategies as st

from libs.sealing.digest import PartDigest, melding_digest
from libs.values import Digest, MeldingId, TjenesteId

FIELD = st.text(alphabet="ab10", max_size=4)
PART = st.builds(PartDigest, FIELD, FIELD, st.binary(max_size=4), st.just(1))
MELDING = st.tuples(FIELD, FIELD, FIELD, FIELD, st.lists(PART, max_size=3))


def digest_of(melding: tuple[str, str, str, str, list[PartDigest]]) -> Digest:
    suite, melding_id, receiver, melding_type, parts = melding
    return melding_digest(suite, MeldingId(melding_id), TjenesteId(receiver), melding_type, parts)


@given(MELDING, MELDING)
def test_different_meldinger_have_different_digests(
    one: tuple[str, str, str, str, list[PartDigest]], other: tuple[str, str, str, str, list[PartDigest]]
) -> None:
    assume(one != other)

    assert digest_of(one) != digest_of(other)


@given(st.text(alphabet="ab1", min_size=2, max_size=8), st.data())
def test_text_moved_between_neighbouring_fields_never_collides(text: str, data: st.DataObject) -> None:
    cut, other_cut = data.draw(
        st.lists(st.integers(0, len(text)), min_size=2, max_size=2, unique=True), label="where the text is cut"
    )
    halves, other_halves = (text[:cut], text[cut:]), (text[:other_cut], text[other_cut:])

    for place in range(4):
        fields = [*("jwe", "x", "bergen", "privat")]
        one, other = fields.copy(), fields.copy()
        one[place : place + 2] = halves
        other[place : place + 2] = other_halves
        assert digest_of((*one[:4], [])) != digest_of((*other[:4], []))  # type: ignore[arg-type]
        part, other_part = PartDigest(*halves, b"s", 1), PartDigest(*other_halves, b"s", 1)
        assert digest_of(("jwe", "x", "b", "p", [part])) != digest_of(("jwe", "x", "b", "p", [other_part]))


def test_order_and_number_of_parts_count() -> None:
    case, identity = PartDigest.of("case", "k1", b"sealed"), PartDigest.of("identity", "k2", b"sealed too")

    digests = [
        digest_of(("jwe", "x", "b", "privat", list(parts)))
        for parts in ((), (case,), (case, identity), (identity, case))
    ]

    assert len({digest.value for digest in digests}) == 4
