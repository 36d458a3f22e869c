"""Progress of a sweep as text: running points, results, counts, and when it will be done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from scaling_lab.formatting import format_forecast
from scaling_lab.store.leases import LeaseState
from scaling_lab.store.schema import Result
from scaling_lab.study.forecast import wall_seconds

POINTS_PER_SECOND = 2000  # waiting points per second that a forecast is reused: a new one takes longer with more points


class Progress:
    """Follows the points of a schedule.

    Finished points correct the forecast of the others.

    Args:
        labels: label of each point, by key.
        keys: points in the order in which they start.
        seconds: forecast of each point, by key.
        workers: points that are trained at the same time.
        clock: returns seconds.
        trained_steps: steps in a point's checkpoint when the sweep started, by key; `seconds` is for the others.
    """

    def __init__(
        self,
        labels: Mapping[str, str],
        keys: Sequence[str],
        seconds: Mapping[str, float],
        workers: int,
        clock: Callable[[], float] = monotonic,
        trained_steps: Mapping[str, int] | None = None,
    ) -> None:
        self.trained_steps = trained_steps or {}
        self.labels, self.seconds, self.workers, self.clock = labels, seconds, workers, clock
        self.total, self.finished, self.failed = len(keys), 0, 0
        self.waiting = dict.fromkeys(keys)
        self.running: dict[str, float] = {}
        self.leases: Mapping[str, LeaseState] = {}
        self.spent = self.expected = 0.0
        self.last_forecast: tuple[float, str] | None = None

    def point_started(self, key: str) -> None:
        """Note that a worker trains the point."""
        self.waiting.pop(key, None)
        self.running[key] = self.clock()

    def point_deferred(self, key: str, reason: str) -> str:
        """Return the line of a point that has to wait."""
        self.running.pop(key, None)
        self.waiting[key] = None
        return f"{self.labels[key]}: {reason}"

    def point_finished(self, key: str, result: Result) -> str:
        """Return the line of a point that has a result."""
        self.finished += 1
        seconds = self._remove(key)
        if seconds is not None and key in self.seconds and not result.provenance.get("resumed"):
            self.spent += seconds
            self.expected += self.seconds[key]
        where = ", trained by another process" if seconds is None else ""
        accuracy = f"{100 * result.held_out_accuracy:.1f} % held-out accuracy"
        accuracy += ", did not learn" if result.learned is False else ""
        return self._line(key, f"{accuracy}, {result.point_seconds:.0f} s{where}")

    def point_failed(self, key: str, reason: str) -> str:
        """Return the line of a point that has failed for good."""
        self.failed += 1
        self._remove(key)
        return self._line(key, f"FAILED {reason}")

    def update(self, leases: Mapping[str, LeaseState]) -> None:
        """Take in the leases of this sweep and others."""
        self.leases = leases

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield (label, state) of running points: of this sweep, and of others that it waits for."""
        elsewhere = [key for key in self.waiting if key in self.leases and self.leases[key].is_alive]
        for key in self.running:
            yield self.labels[key], format_progress(self.leases[key].progress if key in self.leases else {})
        for key in elsewhere[: self.workers]:
            lease = self.leases[key]
            yield self.labels[key], f"{format_progress(lease.progress)}, on {lease.host} in process {lease.pid}"

    def format_counts(self) -> str:
        """Return `12 done, 1 failed, 2 running, 5 waiting; done about 14:32 (in 8 min)`."""
        running, waiting = len(self.running), len(self.waiting)
        counts = f"{self.finished} done, {self.failed} failed, {running} running, {waiting} waiting"
        end = self._end()
        return f"{counts}; {end}" if end else counts

    def format_remaining(self) -> str:
        """Return `6 remaining, done about 14:32 (in 8 min)`."""
        count = len(self.waiting) + len(self.running)
        if not count:
            return "all done"
        end = self._end()
        return f"{count} remaining, {end}" if end else f"{count} remaining"

    def _remove(self, key: str) -> float | None:
        """Return the seconds that the point ran here; None if it did not."""
        self.waiting.pop(key, None)
        started = self.running.pop(key, None)
        return None if started is None else self.clock() - started

    def _line(self, key: str, text: str) -> str:
        return f"[{self.finished + self.failed}/{self.total}] {self.labels[key]}: {text}; {self.format_remaining()}"

    def _end(self) -> str:
        """Return when all is done; empty if unknown."""
        if self.last_forecast and self.clock() - self.last_forecast[0] < len(self.waiting) / POINTS_PER_SECOND:
            return self.last_forecast[1]
        text = self._forecast()
        self.last_forecast = (self.clock(), text)
        return text

    def _forecast(self) -> str:
        keys = (*self.waiting, *self.running)
        if not keys or any(key not in self.seconds for key in keys):
            return ""
        factor = self.spent / self.expected if self.expected else 1.0
        busy = [self._remaining_seconds(key, factor) for key in self.running]
        seconds = wall_seconds((self.seconds[key] * factor for key in self.waiting), self.workers, busy)
        end = datetime.now().astimezone() + timedelta(seconds=seconds)
        day = f"{end:%H:%M}" if seconds < 12 * 3600 else f"{end:%a %d %b %H:%M}"
        return f"done about {day} ({format_forecast(seconds).replace('about', 'in')})"

    def _remaining_seconds(self, key: str, factor: float) -> float:
        """Return the seconds that a running point still needs."""
        seconds = self.seconds[key] * factor
        progress = self.leases[key].progress if key in self.leases else {}
        before = self.trained_steps.get(key, 0)
        if progress.get("of", 0) > before:
            left = (progress["of"] - progress.get("steps", 0)) / (progress["of"] - before)
            return float(seconds * min(1.0, max(0.0, left)))
        return max(0.0, seconds - (self.clock() - self.running[key]))


def format_progress(progress: Mapping[str, Any]) -> str:
    """Return `starting`, `epoch 2.4 of 5, 84.1 % training accuracy`, or `testing` once all steps are done."""
    if not progress.get("epochs"):
        return "starting"
    if progress.get("of") and progress.get("steps", 0) >= progress["of"]:
        return "testing"
    accuracy = progress.get("accuracy")
    text = "" if accuracy is None else f", {100 * accuracy:.1f} % training accuracy"
    return f"epoch {progress.get('epoch', 0):.1f} of {progress['epochs']:g}{text}"
