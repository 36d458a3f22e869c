"""Progress of a running sweep: a live table on a terminal, plain lines elsewhere."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from scaling_lab.store.leases import LeaseState
from scaling_lab.store.schema import Result
from scaling_lab.study.display.logs import terminal
from scaling_lab.study.display.progress import Progress

INTERVAL = 60.0  # seconds between two lines about running points


class LineDisplay:
    """Prints a line for each point that ends, and one about running points every minute. Implements `pool.Watcher`."""

    HINT = ""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.last = progress, monotonic()

    def point_started(self, key: str) -> None:
        """Note that a worker trains the point."""
        self.progress.point_started(key)

    def point_finished(self, key: str, result: Result) -> None:
        """Print the result in a line."""
        self.print_line(self.progress.point_finished(key, result))

    def point_failed(self, key: str, reason: str) -> None:
        """Print the failure in a line."""
        self.print_line(self.progress.point_failed(key, reason))

    def point_deferred(self, key: str, reason: str) -> None:
        """Print why the point has to wait."""
        self.print_line(self.progress.point_deferred(key, reason))

    def stopping(self) -> None:
        """Print that workers are being stopped."""
        if self.progress.running:
            self.print_line(f"stopping after the current steps, with a checkpoint{self.HINT}")

    def update(self, leases: Mapping[str, LeaseState]) -> None:
        """Print a line about running points if the last line is old."""
        self.progress.update(leases)
        if monotonic() - self.last >= INTERVAL:
            rows = "; ".join(f"{name}, {state}" for name, state in self.progress.rows())
            self.print_line(f"{self.progress.format_counts()}: {rows}")

    def print_line(self, line: str) -> None:
        """Print a line; training continues if the reader has gone or the disk of the log is full."""
        self.last = monotonic()
        try:
            print(line, flush=True)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class LiveDisplay(LineDisplay):
    """Prints the same lines above a live table of running points."""

    HINT = "; press Ctrl-C again to stop at once"

    def __init__(self, progress: Progress, live: Live) -> None:
        super().__init__(progress)
        self.live = live

    def update(self, leases: Mapping[str, LeaseState]) -> None:
        """Redraw the table."""
        self.progress.update(leases)
        self.live.update(_view(self.progress))

    def print_line(self, line: str) -> None:
        """Print a line above the table."""
        self.live.console.print(line, highlight=False, markup=False)


@contextmanager
def open_display(progress: Progress) -> Iterator[LineDisplay]:
    """Context manager: yield the display that fits stdout."""
    if not sys.stdout.isatty():
        yield LineDisplay(progress)
        return
    with Live(console=terminal(), refresh_per_second=4, transient=True) as live:
        yield LiveDisplay(progress, live)


def _view(progress: Progress) -> Group:
    table = Table.grid(padding=(0, 2))
    for name, state in progress.rows():
        table.add_row(Text(name), Text(state, style="dim"))
    return Group(table, Text(progress.format_counts(), style="bold"))
