"""How a child process sheds root and still finds its files.

PostgreSQL refuses to run as root. A child of root therefore becomes `nobody`, but may go on passing through folders
that are closed to others (a 0700 home above the binaries or the data) by one ambient capability (capabilities(7)).
Where this process is not root, nothing is done. No program of the system is needed for it.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Callable
from pathlib import Path

UNPRIVILEGED_ID = 65534  # nobody, nogroup: initdb wants a user that has a name
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2


def is_root() -> bool:
    """True when children must be brought down to an unprivileged user."""
    return os.geteuid() == 0


def hand_over(folder: Path) -> None:
    """The folder belongs to the user that the children run as, and to nobody else's eyes."""
    folder.chmod(stat.S_IRWXU)
    if is_root():
        os.chown(folder, UNPRIVILEGED_ID, UNPRIVILEGED_ID)


def dropper(program: Path) -> Callable[[], None] | None:
    """What a child does between fork and exec of `program`; None when there is nothing to drop.

    The capability is the one to read and search; only when the program itself was installed closed to others
    (a umask of 077) it is the wider one, without which it cannot be executed.
    """
    if not is_root():
        return None
    is_open = program.stat().st_mode & stat.S_IXOTH
    capability = _CAP_DAC_READ_SEARCH if is_open else _CAP_DAC_OVERRIDE
    libc = ctypes.CDLL(None, use_errno=True)  # loaded before the fork: the child may not allocate much
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    bit = 1 << capability
    data = struct.pack("=6I", bit, bit, bit, 0, 0, 0)

    def drop() -> None:
        _must(libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0))
        os.setgroups([])
        os.setresgid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
        os.setresuid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
        _must(libc.capset(header, data))
        _must(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0))

    return drop


def _must(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), "cannot shed root for a child process")
