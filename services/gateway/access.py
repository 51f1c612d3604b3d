"""Who may call the gateway by gRPC: nobody. Health and reflection are open to every certificate of ours."""

from libs.rpc.access import Access

ACCESS: Access = {}
