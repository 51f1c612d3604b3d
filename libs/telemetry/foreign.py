"""Lines of foreign libraries (the standard `logging`) in our form. Their values are never written: an SQL error or an
unhandled exception may carry what must not be in a log. What stays is the library, the first line of the message's
template, and the exception by type and place. An exception that ends the process is told the same way."""

import logging
import sys
from types import TracebackType

from libs.telemetry.log import LEVELS, Logger

TEMPLATE_LIMIT = 120


class ForeignHandler(logging.Handler):
    """Hands each record to our logger."""

    def __init__(self, log: Logger) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """The record is written in our form."""
        level = max(
            (name for name, rank in LEVELS.items() if rank <= record.levelno), key=LEVELS.__getitem__, default=""
        )
        template = str(record.msg).split("\n", 1)[0].split("'", 1)[0][:TEMPLATE_LIMIT]
        if not level:
            return
        if record.exc_info and record.exc_info[1] is not None:
            self._log.failure("foreign", record.exc_info[1], level=level, logger=record.name, template=template)
        else:
            getattr(self._log, level)("foreign", logger=record.name, template=template)


def adopt_foreign_lines(log: Logger) -> None:
    """Every standard logger of this process writes through `log`, from level warning on, and so does its end."""

    def on_end(_kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
        log.failure("ended_by_exception", error)

    logging.basicConfig(handlers=[ForeignHandler(log)], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = on_end
