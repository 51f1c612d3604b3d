"""Who may call intake."""

from libs.rpc.access import Access

_SERVICE = "/samvern.intake.v1.IntakeService/"

ACCESS: Access = {
    _SERVICE + "SubmitMelding": ("service/gateway", "service/sealing"),
    _SERVICE + "GetLabel": ("service/gateway", "service/sealing"),
    _SERVICE + "GetSnapshot": ("service/gateway", "service/sealing"),
    _SERVICE + "GetStatus": ("service/gateway", "service/sealing"),
    _SERVICE + "ListAccepted": ("service/delivery",),
    _SERVICE + "FetchMelding": ("service/delivery",),
    _SERVICE + "RecordCopies": ("service/delivery",),
    _SERVICE + "RecordProofs": ("service/delivery",),
}
