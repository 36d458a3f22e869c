"""Signs of life before the plan is printed, on stderr: a line at once, progress when something takes long."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from time import monotonic
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

QUIET_SECONDS = 2.0  # without progress
LINE_SECONDS = 10.0  # between two lines of a log

Item = TypeVar("Item")


def announce_planning() -> None:
    """Print `planning ...`."""
    _print_line("planning ...")


def track(items: Iterable[Item], doing: str, total: int) -> Iterator[Item]:
    """Yield the items. From two seconds on, show how many are done: a bar on a terminal, some lines elsewhere.

    Args:
        items: what is worked on.
        doing: what is done with them, for the display: "fitting networks".
        total: number of items.
    """
    started, last, bar = monotonic(), 0.0, None
    try:
        for done, item in enumerate(items):
            now = monotonic()
            if now - started > QUIET_SECONDS:
                if sys.stderr.isatty():
                    bar = bar or _open_bar(doing, total)
                    bar.update(bar.task_ids[0], completed=done)
                elif now - last > LINE_SECONDS:
                    last = now
                    _print_line(f"{doing}: {done:,} of {total:,}")
            yield item
    finally:
        if bar:
            bar.stop()


def _open_bar(doing: str, total: int) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task(doing, total=total)
    bar.start()
    return bar


def _print_line(text: str) -> None:
    with suppress(OSError, ValueError):  # a reader that is gone stops no sweep
        print(text, file=sys.stderr, flush=True)
