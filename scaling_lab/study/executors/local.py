"""`engine=local`: train on this machine while the sweep waits."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import cycle, islice
from time import monotonic

from scaling_lab.config.cores import usable_cores
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import UserErrors
from scaling_lab.formatting import pluralize
from scaling_lab.store.results import WriteError
from scaling_lab.store.runs import Run, record_run
from scaling_lab.study.context import SweepContext
from scaling_lab.study.display.live import open_display
from scaling_lab.study.display.progress import Progress
from scaling_lab.study.display.status_lines import format_counts
from scaling_lab.study.executors.devices import CPU, group_into_slots, resolve_devices
from scaling_lab.study.executors.processes_per_point import ProcessesPerPoint
from scaling_lab.study.executors.protocol import Outcome
from scaling_lab.study.executors.step_timing import forecast_with_timing
from scaling_lab.study.resumable import checkpoint_steps
from scaling_lab.study.schedule import Schedule, make_schedule
from scaling_lab.study.status import quick_status
from scaling_lab.study.trackers.watcher import open_tracking
from scaling_lab.training import interrupts


@dataclass(frozen=True)
class Local(ProcessesPerPoint):
    """Train on this machine. `device`, `workers` and `workers_per_device` are options of the sweep.

    Raises:
        UserErrors: values outside their range.
    """

    def __post_init__(self) -> None:
        if errors := list(self.process_errors()):
            raise UserErrors(errors)

    def check(self, sweep: SweepContext) -> None:
        """Raise UserError if there are more processes per point than images in a batch; `slots` checks the device."""
        self.check_points(sweep)

    def slots(self, options: SweepOptions, points: int) -> tuple[str, ...]:
        """Return the devices of each worker: one worker per core, or `workers_per_device` on each GPU.

        With several processes per point a worker has as many cores or GPUs.
        """
        devices, cores = resolve_devices(str(options.device)), usable_cores()
        self.check_devices(devices, cores)
        groups = group_into_slots(devices, self.processes_per_point)
        on_cpu = cores // self.processes_per_point
        default = on_cpu if devices == (CPU,) else len(groups) * options.workers_per_device
        workers = min(options.workers or default, max(1, points))
        return tuple(islice(cycle(groups), workers))

    def schedule(self, sweep: SweepContext) -> Schedule:
        """Return all remaining points, or what fits into the time budget."""
        slots = self.slots(sweep.options, len(sweep.remaining))
        seconds = forecast_with_timing(sweep, slots, self.execution(sweep))
        return replace(make_schedule(sweep, list(sweep.remaining), seconds, slots), notes=self.notes())

    def run(self, sweep: SweepContext, schedule: Schedule) -> Outcome:
        """Train the scheduled points in worker processes."""
        if not schedule.keys:
            print("nothing to train")
            return Outcome.FINISHED
        return _timed_run(sweep, schedule, lambda: _train(sweep, schedule, self.execution(sweep)))


def _timed_run(sweep: SweepContext, schedule: Schedule, train: Callable[[], None]) -> Outcome:
    """Train, print how long it took, and record the run, also if it is stopped."""
    start, started = monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
    try:
        with interrupts.signals_as_keyboard_interrupt():
            train()
    except KeyboardInterrupt:
        status = quick_status(sweep.store, sweep.plan, sweep.options.execution.lease_seconds)
        print(f"\nstopped; {format_counts(sweep.plan, status)}")
        return Outcome.INTERRUPTED
    finally:
        with suppress(WriteError):  # what could not be written is reported
            seconds = round(monotonic() - start, 1)
            record_run(sweep.store, Run(started, seconds, len(schedule.slots), len(schedule.keys)))
    minutes, seconds = divmod(round(monotonic() - start), 60)
    print(f"trained for {minutes} min {seconds} s")
    return Outcome.FINISHED


def _train(sweep: SweepContext, schedule: Schedule, execution: ExecutionOptions) -> None:
    from scaling_lab.study.executors.pool import TooManyFailures, train_points

    max_failures, points = sweep.options.max_failures, sweep.study.points
    labels = {key: planned.label for key, planned in points.items()}
    jobs = [(points[key].point, points[key].dataset) for key in schedule.keys]
    try:
        steps = checkpoint_steps(sweep.store)
        progress = Progress(labels, schedule.keys, schedule.seconds, len(schedule.slots), trained_steps=steps)
        with open_display(progress) as display, open_tracking(sweep, schedule.keys, display) as watcher:
            train_points(jobs, sweep.store, schedule.slots, execution, watcher, max_failures)
    except TooManyFailures as stop:
        print(f"stopped after {pluralize(stop.failures, 'failure')} (max_failures={max_failures})")
