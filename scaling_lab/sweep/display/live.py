"""A sweep as it runs: a moving view on a terminal, plain lines elsewhere."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from scaling_lab.store.leases import LeaseState
from scaling_lab.store.schema import Result
from scaling_lab.sweep.display.progress import Progress

EVERY = 60.0  # seconds between two lines about what runs


class Lines:
    """Told of points, prints a line for each that ends, and now and then one about those that run."""

    HINT = ""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.last = progress, monotonic()

    def began(self, key: str) -> None:
        """A worker has been given the point."""
        self.progress.began(key)

    def done(self, key: str, result: Result) -> None:
        """The point has a result."""
        self.say(self.progress.done(key, result))

    def fails(self, key: str, reason: str) -> None:
        """The point has failed for good."""
        self.say(self.progress.fails(key, reason))

    def waits(self, key: str, why: str) -> None:
        """The point is put off."""
        self.say(self.progress.waits(key, why))

    def stopping(self) -> None:
        """What runs is asked to stop."""
        if self.progress.running:
            self.say(f"stopping after the steps under way, with a checkpoint{self.HINT}")

    def look(self, held: Mapping[str, LeaseState]) -> None:
        """What is claimed now."""
        self.progress.look(held)
        if monotonic() - self.last >= EVERY:
            self.say(f"{self.progress.counts()}: " + "; ".join(f"{name}, {how}" for name, how in self.progress.rows()))

    def say(self, line: str) -> None:
        """Prints it."""
        self.last = monotonic()
        try:
            print(line, flush=True)
        except OSError:  # who listened has gone, or the disk of the log is full: the training goes on
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Screen(Lines):
    """The same above a table of what runs, which moves."""

    HINT = "; Ctrl-C once more stops at once"

    def __init__(self, progress: Progress, live: Live) -> None:
        super().__init__(progress)
        self.live = live

    def look(self, held: Mapping[str, LeaseState]) -> None:
        """What is claimed now."""
        self.progress.look(held)
        self.live.update(_view(self.progress))

    def say(self, line: str) -> None:
        """Prints it above the table."""
        self.live.console.print(line, highlight=False, markup=False)


@contextmanager
def shown(progress: Progress) -> Iterator[Lines]:
    """Within, the sweep is shown by who is given."""
    if not sys.stdout.isatty():
        yield Lines(progress)
        return
    with Live(console=Console(), refresh_per_second=4, transient=True) as live:
        yield Screen(progress, live)


def _view(progress: Progress) -> Group:
    table = Table.grid(padding=(0, 2))
    for name, how in progress.rows():
        table.add_row(Text(name), Text(how, style="dim"))
    return Group(table, Text(progress.counts(), style="bold"))
