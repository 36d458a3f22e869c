"""How far a sweep is, as text: what runs, what ended and how, what is left and when that is done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from scaling_lab.formatting import format_forecast
from scaling_lab.store.leases import LeaseState
from scaling_lab.store.schema import Result
from scaling_lab.sweep.forecast import wall

MANY = 2000  # waiting points for each second that a forecast stands: to make one takes longer the more there are


class Progress:
    """Follows points that are handed out in the order of `keys`, `workers` at a time.

    labels: the question that each point answers. seconds: forecast of each point. It is corrected by how the finished
    ones compare with theirs.
    """

    def __init__(
        self,
        labels: Mapping[str, str],
        keys: Sequence[str],
        seconds: Mapping[str, float],
        workers: int,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.labels, self.seconds, self.workers, self.clock = labels, seconds, workers, clock
        self.total, self.finished, self.failed = len(keys), 0, 0
        self.waiting = dict.fromkeys(keys)
        self.running: dict[str, float] = {}
        self.held: Mapping[str, LeaseState] = {}
        self.took = self.expected = 0.0
        self.guessed: tuple[float, str] | None = None

    def began(self, key: str) -> None:
        """A worker has been given the point."""
        self.waiting.pop(key, None)
        self.running[key] = self.clock()

    def waits(self, key: str, why: str) -> str:
        """The line for a point that is put off."""
        self.running.pop(key, None)
        self.waiting[key] = None
        return f"{self.labels[key]}: {why}"

    def done(self, key: str, result: Result) -> str:
        """The line for a point that now has a result."""
        self.finished += 1
        here = self._gone(key)
        if here is not None and key in self.seconds and not result.provenance.get("resumed"):
            self.took += here
            self.expected += self.seconds[key]
        where = ", trained elsewhere" if here is None else ""
        went = f"{100 * result.held_out_accuracy:.1f} % held-out, {result.point_seconds:.0f} s{where}"
        return self._line(key, went)

    def fails(self, key: str, reason: str) -> str:
        """The line for a point that has failed for good."""
        self.failed += 1
        self._gone(key)
        return self._line(key, f"FAILED {reason}")

    def look(self, held: Mapping[str, LeaseState]) -> None:
        """What is claimed now, here and elsewhere."""
        self.held = held

    def rows(self) -> Iterator[tuple[str, str]]:
        """What runs and how far it is: points of this sweep, and those of others that it waits for."""
        elsewhere = [key for key in self.waiting if key in self.held and self.held[key].is_alive]
        for key in self.running:
            yield self.labels[key], how_far(self.held[key].progress if key in self.held else {})
        for key in elsewhere[: self.workers]:
            one = self.held[key]
            yield self.labels[key], f"{how_far(one.progress)}, on {one.host} by process {one.pid}"

    def counts(self) -> str:
        """`12 done, 1 failed, 2 running, 5 waiting; done about 14:32 (in 8 min)`."""
        said = f"{self.finished} done, {self.failed} failed, {len(self.running)} running, {len(self.waiting)} waiting"
        when = self._when()
        return f"{said}; {when}" if when else said

    def left(self) -> str:
        """`6 left, done about 14:32 (in 8 min)`."""
        count = len(self.waiting) + len(self.running)
        if not count:
            return "all done"
        when = self._when()
        return f"{count} left, {when}" if when else f"{count} left"

    def _gone(self, key: str) -> float | None:
        """Seconds that it ran here; None when it did not."""
        self.waiting.pop(key, None)
        began = self.running.pop(key, None)
        return None if began is None else self.clock() - began

    def _line(self, key: str, went: str) -> str:
        return f"[{self.finished + self.failed}/{self.total}] {self.labels[key]}: {went}; {self.left()}"

    def _when(self) -> str:
        """When all is done; empty when nothing tells."""
        if self.guessed and self.clock() - self.guessed[0] < len(self.waiting) / MANY:
            return self.guessed[1]
        said = self._forecast()
        self.guessed = (self.clock(), said)
        return said

    def _forecast(self) -> str:
        keys = (*self.waiting, *self.running)
        if not keys or any(key not in self.seconds for key in keys):
            return ""
        slower = self.took / self.expected if self.expected else 1.0
        busy = [self._still(key, slower) for key in self.running]
        left = wall((self.seconds[key] * slower for key in self.waiting), self.workers, busy)
        at = datetime.now().astimezone() + timedelta(seconds=left)
        day = f"{at:%H:%M}" if left < 12 * 3600 else f"{at:%a %d %b %H:%M}"
        return f"done about {day} ({format_forecast(left).replace('about', 'in')})"

    def _still(self, key: str, slower: float) -> float:
        """Seconds that a running point still needs."""
        whole = self.seconds[key] * slower
        progress = self.held[key].progress if key in self.held else {}
        if progress.get("of"):
            return float(whole * (1 - progress.get("steps", 0) / progress["of"]))
        return max(0.0, whole - (self.clock() - self.running[key]))


def how_far(progress: Mapping[str, Any]) -> str:
    """`epoch 2.4 of 5, 84.1 % of training pictures right`."""
    if not progress.get("epochs"):
        return "starting"
    accuracy = progress.get("accuracy")
    right = "" if accuracy is None else f", {100 * accuracy:.1f} % of training pictures right"
    return f"epoch {progress.get('epoch', 0):.1f} of {progress['epochs']:g}{right}"
