"""Who may call what at delivery. A node's receiver is its certificate's name, never a field."""

from libs.rpc.access import Access

_SERVICE = "/samvern.delivery.v1.DeliveryService"

ACCESS: Access = {
    f"{_SERVICE}/StreamHeads": ("node/*",),
    f"{_SERVICE}/ListHeads": ("node/*",),
    f"{_SERVICE}/FetchMelding": ("node/*",),
    f"{_SERVICE}/ConfirmStored": ("node/*",),
    f"{_SERVICE}/RecordProof": ("node/*",),
}
