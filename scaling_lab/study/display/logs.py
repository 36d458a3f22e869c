"""Log messages. Each front door calls `configure_logging` once; modules use `logging.getLogger(__name__)`.

`print` is for the answer of a command, on stdout. Everything else is logged, to stderr.
"""

import logging
import sys
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_HANDLER = "scaling_lab"  # name of the handler of this package


@cache
def terminal() -> "Console":
    """Return the one console of this process: what is logged to it appears above a live table, not across it."""
    from rich.console import Console

    return Console()


def configure_logging(verbose: bool = False) -> None:
    """Send the messages of this package to the terminal or as plain lines to stderr. Safe to repeat.

    Args:
        verbose: also send messages of level DEBUG.
    """
    logger = logging.getLogger("scaling_lab")
    for handler in [handler for handler in logger.handlers if handler.name == _HANDLER]:
        logger.removeHandler(handler)
    handler = _terminal_handler() if sys.stdout.isatty() and sys.stderr.isatty() else _PlainHandler()
    handler.set_name(_HANDLER)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)


def _terminal_handler() -> logging.Handler:
    from rich.logging import RichHandler  # takes a while to import

    return RichHandler(console=terminal(), show_time=False, show_path=False)


class _PlainHandler(logging.Handler):
    """Writes `warning: message` to the current stderr, and messages of level INFO without the level."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line. Training continues if the reader has gone or the disk of the log is full."""
        level = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        with suppress(OSError, ValueError):
            print(f"{level}{record.getMessage()}", file=sys.stderr, flush=True)
