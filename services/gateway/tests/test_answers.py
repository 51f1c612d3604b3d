"""Every reason has one status and one Norwegian sentence."""

from libs.errors import AccessDenied, Unauthenticated, error_for
from samvern.types.v1.errors_pb2 import ErrorReason
from services.gateway.answers import STATUS_OF_REASON, Fault, fault_of
from services.gateway.texts import Texts

REASONS = [name.removeprefix("ERROR_REASON_") for name, number in ErrorReason.items() if number]
OURS = ["UNAUTHENTICATED", "ACCESS_DENIED"]


def test_every_reason_has_a_status_but_those_that_are_our_own_mistake() -> None:
    assert sorted(STATUS_OF_REASON) == sorted(set(REASONS) - set(OURS))


def test_every_status_reason_has_a_sentence() -> None:
    texts = Texts.load("nb")
    assert all(texts.error(reason) for reason in STATUS_OF_REASON)


def test_being_refused_by_a_peer_is_shown_as_our_mistake() -> None:
    for error in (AccessDenied("service/gateway may not"), Unauthenticated("no"), ValueError("cause")):
        assert fault_of(error) == Fault(500, "INTERNAL", "a mistake of ours; its cause is in our log")


def test_unknown_reason_of_a_newer_peer_is_shown_as_our_mistake() -> None:
    assert fault_of(error_for(999, "new")).reason == "INTERNAL"
