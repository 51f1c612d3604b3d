"""Who may call routing."""

from libs.rpc.access import Access

ACCESS: Access = {
    "/samvern.routing.v1.RoutingService/ResolvePlace": ("service/gateway", "service/sealing"),
    "/samvern.routing.v1.RoutingService/GetLabel": ("service/gateway", "service/sealing"),
    "/samvern.routing.v1.RoutingService/ListLabels": ("service/intake",),
}
