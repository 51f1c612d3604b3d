"""Who may call what at audit."""

from libs.rpc.access import Access

_SERVICE = "/samvern.audit.v1.AuditService"

ACCESS: Access = {
    f"{_SERVICE}/AppendKeyEntry": ("service/directory",),
    f"{_SERVICE}/AppendCommitments": ("service/intake", "service/delivery", "service/directory"),
    f"{_SERVICE}/GetLogFile": ("service/gateway",),
    f"{_SERVICE}/ProveInclusion": ("service/gateway", "service/directory", "service/intake"),
    f"{_SERVICE}/ProveConsistency": ("service/gateway",),
}
