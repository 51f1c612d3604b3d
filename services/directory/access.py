"""Who may call what at the directory."""

from libs.rpc.access import Access

_SERVICE = "/samvern.directory.v1.DirectoryService"

ACCESS: Access = {
    f"{_SERVICE}/GetSnapshot": ("service/routing", "service/intake", "service/delivery", "operator/*"),
    f"{_SERVICE}/ImportTjenester": ("operator/*",),
    f"{_SERVICE}/GetPlace": ("operator/*",),
}
