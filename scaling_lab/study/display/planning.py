"""Signs of life before the plan is printed, on stderr: a line at once, progress when something takes long."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from threading import Event, Thread
from typing import TypeVar

QUIET_SECONDS = 2.0  # without progress
LINE_SECONDS = 10.0  # between two lines of a log
BAR_SECONDS = 0.2  # between two updates of a bar

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
    done, over = [0], Event()
    watcher = Thread(target=_show, args=(done, over, doing, total), daemon=True)
    watcher.start()
    try:
        for item in items:
            yield item
            done[0] += 1
    finally:
        over.set()
        watcher.join()


def _show(done: list[int], over: Event, doing: str, total: int) -> None:
    """Show the number in `done` until `over` is set."""
    if over.wait(QUIET_SECONDS):
        return
    if not sys.stderr.isatty():
        _print_line(f"{doing}: {done[0]:,} of {total:,}")
        while not over.wait(LINE_SECONDS):
            _print_line(f"{doing}: {done[0]:,} of {total:,}")
        return
    from rich.console import Console  # takes a while to import
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=total)
        while not over.wait(BAR_SECONDS):
            bar.update(task, completed=done[0])


def _print_line(text: str) -> None:
    with suppress(OSError, ValueError):  # a reader that is gone stops no sweep
        print(text, file=sys.stderr, flush=True)
