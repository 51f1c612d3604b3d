"""How one service reaches its own database."""

from pathlib import Path

import msgspec


class DbConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One role in one database of one server, and how long we wait for it."""

    host: str
    port: int
    database: str
    user: str
    password_file: Path
    """Read again for each connection, so that a password can be changed under a running program."""
    pool_size: int = 10
    """Connections at most; the server's max_connections is shared by all services on it."""
    pool_wait_seconds: float = 5.0
    """How long a transaction waits for a free connection, or for a new one, before it is Unavailable."""
    statement_timeout_seconds: float = 10.0
    """The server ends a statement after this; we let go of a silent server a little later."""

    def password(self) -> str:
        """What the file holds now, without the line's end."""
        return self.password_file.read_text(encoding="utf-8").rstrip("\n")
