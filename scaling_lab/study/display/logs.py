"""Log messages. Each front door calls `configure_logging` once; modules use `logging.getLogger(__name__)`.

`print` is for the answer of a command, on stdout. Everything else is logged, to stderr.
"""

import logging
import sys
from contextlib import suppress
from functools import cache

from rich.console import Console
from rich.logging import RichHandler


@cache
def terminal() -> Console:
    """Return the one console of this process: what is logged to it appears above a live table, not across it."""
    return Console()


def configure_logging() -> None:
    """Send the messages of this package, from INFO on, to the terminal or as plain lines to stderr. Safe to repeat."""
    logger = logging.getLogger("scaling_lab")
    for handler in [h for h in logger.handlers if isinstance(h, RichHandler | _PlainHandler)]:
        logger.removeHandler(handler)
    on_terminal = sys.stdout.isatty() and sys.stderr.isatty()
    logger.addHandler(
        RichHandler(console=terminal(), show_time=False, show_path=False) if on_terminal else _PlainHandler()
    )
    logger.setLevel(logging.INFO)


class _PlainHandler(logging.Handler):
    """Writes `warning: message` to the current stderr, and messages of level INFO without the level."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line. Training continues if the reader has gone or the disk of the log is full."""
        level = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        with suppress(OSError, ValueError):
            print(f"{level}{record.getMessage()}", file=sys.stderr, flush=True)
