"""What a job of Slurm's does: train its points as a sweep on one machine does, and go on in another when time is up."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from socket import gethostname
from types import FrameType
from typing import TYPE_CHECKING, Any

from scaling_lab.config import registry
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.errors import UserError
from scaling_lab.store.code_version import CODE_DIGEST
from scaling_lab.store.results import Store
from scaling_lab.store.schema import Point
from scaling_lab.sweep.display.live import Lines
from scaling_lab.sweep.display.progress import Progress
from scaling_lab.sweep.executors.devices import CPU, GPU, resolve_devices
from scaling_lab.sweep.executors.pool import TooManyFailures, train_points

if TYPE_CHECKING:
    from submitit.helpers import DelayedSubmission

TOLD = signal.SIGUSR2  # submitit's: the time is nearly up, or another job takes the place


@dataclass(frozen=True)
class Batch:
    """The points of one job, in the order in which they are trained.

    sources: what the data sets are made from, by name; seconds: forecasts, where there are any; labels: of the points;
    workers: training processes, on so many GPUs where there are any; grace: seconds for the step under way at the end.
    """

    points: tuple[Point, ...]
    sources: Mapping[str, Mapping[str, Any]]
    folder: Path
    running: ExecutionOptions
    labels: Mapping[str, str]
    seconds: Mapping[str, float]
    workers: int
    gpus: int
    max_failures: int | None
    grace: float

    def __call__(self) -> None:
        """Trains what is left of them. What stopped it is told by `Stops`."""
        code = self.running.code
        if code not in (None, CODE_DIGEST):
            raise UserError(f"same_version=true: these points were handed out by version {code}, this is {CODE_DIGEST}")
        store = Store(self.folder)
        left = [point for point in self.points if store.read_result(point.key) is None]
        pictures = self._pictures(left, store)
        jobs = [
            (point, pictures[point.data.name])
            for point in left
            if point.data.name in pictures and _as_planned(point, pictures, store)
        ]
        slots = tuple(islice(cycle(resolve_devices(GPU if self.gpus else CPU)), self.workers))
        watcher = Lines(Progress(self.labels, [point.key for point, _ in jobs], self.seconds, len(slots)))
        with Stops() as stops:
            try:
                train_points(jobs, store, slots, self.running, watcher, self.max_failures, self.grace)
            except TooManyFailures as stop:
                print(f"stopped after {stop.failures} failures (max_failures={self.max_failures})", flush=True)
            except KeyboardInterrupt:
                stops.go_on_elsewhere()

    def _pictures(self, points: Sequence[Point], store: Store) -> dict[str, Dataset]:
        """The data sets by name; where one cannot be made here, that is why its points have failed."""
        made: dict[str, Dataset] = {}
        for name, source in self.sources.items():
            try:
                made[name] = registry.build_value("dataset", source, name)
            except UserError as error:
                for point in points:
                    if point.data.name == name:
                        store.add_failure(point.key, f"on {gethostname()}: {error}")
                print(f"the data set {name} cannot be read: {error}", flush=True)
        return made

    def checkpoint(self) -> "DelayedSubmission":
        """The job that goes on: the same, for what has a result is not trained again. submitit calls this."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def _as_planned(point: Point, pictures: Mapping[str, Dataset], store: Store) -> bool:
    """Whether a point's data set is the one that was planned; when it is not, the failure is written down."""
    name, made = point.data.name, pictures[point.data.name].fingerprint
    if made == point.data.fingerprint:
        return True
    why = f"its fingerprint is {made}, not {point.data.fingerprint}"
    store.add_failure(point.key, f"the data set {name} has changed since the plan: {why}")
    return False


class Stops:
    """Within, what Slurm sends before it ends a job is a KeyboardInterrupt, which stops workers at their next step.

    submitit's own handler, which has the job requeued, is for afterwards: it would end the job around them.
    """

    def __enter__(self) -> "Stops":
        self.heard: int | None = None
        self.before = {number: signal.signal(number, self._hear) for number in (TOLD, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def go_on_elsewhere(self) -> None:
        """Has the job requeued by submitit, which ends this process; not when it was ended for good, as by scancel."""
        handler = self.before[TOLD]
        if self.heard == TOLD and callable(handler):
            handler(TOLD, None)
        print("stopped; what is left is trained when the job runs again, or by the next sweep", flush=True)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        again, self.heard = self.heard, self.heard or number
        if again is None:
            raise KeyboardInterrupt
