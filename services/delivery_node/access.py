"""Who may call what at a node over gRPC: nobody anything. Health and reflection are there for every known caller.

The node dials out; people reach it over HTTP (routes.py, api.py) after a login at the kommune's own provider.
"""

from collections.abc import Mapping

ACCESS: Mapping[str, tuple[str, ...]] = {}
