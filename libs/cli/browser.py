"""Gets the browser that the full tests need, while other tests run."""

import os
import shutil
import subprocess
from pathlib import Path

from libs.cli.checks import chromium
from libs.cli.failure import Failure

INSTALL = "apt-get update -q && apt-get install -q -y --no-install-recommends chromium fonts-dejavu-core"


class BrowserInstall:
    """An installation that goes on in the background."""

    def __init__(self, log: Path) -> None:
        """Begins. Raises Failure at once when the browser is missing and cannot be installed from here."""
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        if chromium() is not None:
            return
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise Failure("the full tests need Chromium: install it (Debian, Ubuntu: `apt-get install chromium`)")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", INSTALL], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment
            )

    def wait(self) -> None:
        """The browser is there. Raises Failure with what apt-get said."""
        if self._process is not None and self._process.wait() != 0:
            tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-10:])
            raise Failure(f"Chromium could not be installed (`{INSTALL}`):\n{tail}")
