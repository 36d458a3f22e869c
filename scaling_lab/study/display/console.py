"""The console of a command's answer on stdout."""

import sys

from rich.console import Console


def open_console(width: int) -> Console:
    """Return a console that prints text as it is, without markup.

    Args:
        width: Columns if stdout is no terminal; a terminal has its own.
    """
    return Console(width=None if sys.stdout.isatty() else width, highlight=False, markup=False)
