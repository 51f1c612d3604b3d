"""Who may call keys: one caller for each kind of signature."""

from libs.rpc.access import Access

ACCESS: Access = {
    "/samvern.keys.v1.KeysService/SignSnapshot": ("service/directory",),
    "/samvern.keys.v1.KeysService/SignLabels": ("service/routing",),
    "/samvern.keys.v1.KeysService/SignCheckpoint": ("service/audit",),
    "/samvern.keys.v1.KeysService/CertifyReceiptKey": ("service/intake",),
}
