"""One supervisor per data directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from libs.cli.failure import Failure
from libs.cli.layout import Layout


@contextmanager
def only_one(layout: Layout) -> Iterator[None]:
    """No other supervisor runs on this data directory meanwhile. Raises Failure when one does. The kernel lets go when
    this process ends, however it ends."""
    file = os.open(layout.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(f"an instance runs at {layout.data}; `./samvern down` stops it") from None
        yield
    finally:
        os.close(file)
