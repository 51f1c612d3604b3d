"""What `up` says when an instance is ready: one JSON object for programs, lines for people."""

from typing import Any

import msgspec

from libs.cli.layout import Layout
from libs.cli.state import State
from libs.cli.trust import read_log_keys

Report = dict[str, Any]


def report(layout: Layout, state: State) -> Report:
    """The object that `up --json` prints. Stable: programs build on it."""
    logs = read_log_keys(layout)
    return {
        "portal": state.portal,
        "sealing": state.sealing,
        "data": state.data,
        "nodes": [
            {
                "tjeneste": node.tjeneste,
                "navn": node.navn,
                "kommuner": node.kommuner,
                "bydeler": node.bydeler,
                "inbox": node.inbox,
                "login": {"issuer": node.issuer, "user": node.user},
            }
            for node in state.nodes
        ],
        "logs": {
            "keys": {"url": f"{state.portal}/log/keys/", "vkey": logs.keys.vkey},
            "events": {"url": f"{state.portal}/log/events/", "vkey": logs.events.vkey},
        },
    }


def as_json(ready: Report) -> str:
    """One object on one line."""
    return msgspec.json.encode(ready).decode()


def as_text(ready: Report) -> str:
    """For a person who has just typed `up`."""
    lines = [f"Ready. The portal: {ready['portal']}", "Inboxes (a stand-in login; choose the user shown):"]
    lines += [f"  {node['inbox']}  {node['navn']}, as {node['login']['user']}" for node in ready["nodes"]]
    return "\n".join([*lines, f"Data: {ready['data']}"])
