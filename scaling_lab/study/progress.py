"""A line for each point that ends: what it was, how it went, what is left and when that is done."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic

from scaling_lab.records import Result
from scaling_lab.study.forecast import wall
from scaling_lab.study.plan import Study, label
from scaling_lab.study.show import about


class Progress:
    """Follows points that are handed out in the order of `keys`, `workers` at a time.

    seconds: forecast of each point. It is corrected by how the finished ones compare with theirs.
    """

    def __init__(
        self,
        study: Study,
        keys: Sequence[str],
        seconds: Mapping[str, float],
        workers: int,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.study, self.seconds, self.workers, self.clock = study, seconds, workers, clock
        self.total, self.ended = len(keys), 0
        self.waiting = list(keys)
        self.running: dict[str, float] = {}
        self.took = self.expected = 0.0
        self._hand_out()

    def line(self, key: str, outcome: Result | str) -> str:
        """The line for a point that just ended; a string is the reason of its failure."""
        started = self.running.pop(key)
        if not isinstance(outcome, str) and key in self.seconds:
            self.took += self.clock() - started
            self.expected += self.seconds[key]
        self.ended += 1
        self._hand_out()
        went = (
            f"FAILED {outcome}"
            if isinstance(outcome, str)
            else f"{100 * outcome.held_out_accuracy:.1f} % held-out, {outcome.point_seconds:.0f} s"
        )
        return f"[{self.ended}/{self.total}] {label(self.study.questions[key])}: {went}; {self._left()}"

    def _hand_out(self) -> None:
        while self.waiting and len(self.running) < self.workers:
            self.running[self.waiting.pop(0)] = self.clock()

    def _left(self) -> str:
        count = len(self.waiting) + len(self.running)
        if not count:
            return "all done"
        if any(key not in self.seconds for key in (*self.waiting, *self.running)):
            return f"{count} left"
        slower = self.took / self.expected if self.expected else 1.0
        busy = [max(0.0, self.seconds[key] * slower - (self.clock() - since)) for key, since in self.running.items()]
        left = wall((self.seconds[key] * slower for key in self.waiting), self.workers, busy)
        at = datetime.now().astimezone() + timedelta(seconds=left)
        return f"{count} left, done about {at:%H:%M} ({about(left).replace('about', 'in')})"
