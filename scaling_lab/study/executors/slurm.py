"""`engine=slurm`: submit points to Slurm, several per job, and return."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import ErrorCollector, UserError, UserErrors
from scaling_lab.formatting import pluralize
from scaling_lab.store.submissions import submitted_points
from scaling_lab.study.context import SweepContext
from scaling_lab.study.executors.devices import CPU, GPU
from scaling_lab.study.executors.processes_per_point import ProcessesPerPoint
from scaling_lab.study.executors.protocol import Outcome
from scaling_lab.study.executors.slurm_submit import (
    check_array_size,
    check_commands,
    deal_points,
    format_jobs,
    submit_points,
)
from scaling_lab.study.forecast import comparable_results, forecast_seconds
from scaling_lab.study.resumable import checkpoint_steps
from scaling_lab.study.schedule import Schedule, make_schedule
from scaling_lab.validation import is_number

TEXTS = ("partition", "account", "qos", "constraint")
MODULE_NAME = r"\w[\w.+/@-]*"  # nothing that a shell would interpret
MAX_MINUTES = 525_600
SIGNAL_SHARE = 0.5  # of the time limit, at most
RANGES = {
    "minutes": (1, MAX_MINUTES),
    "points_per_job": (1, 10**6),
    "workers": (1, 1024),
    "gpus": (0, 64),
    "cpus_per_worker": (1, 1024),
    "nodes_per_point": (1, 1024),
    "signal_seconds": (1, 65_535),
    "jobs_at_once": (1, 10**6),
}


@dataclass(frozen=True)
class Slurm(ProcessesPerPoint):
    """Submit points to Slurm.

    Attributes:
        nodes_per_point: nodes of a job, all of which train each of its points; `processes_per_point` is that of a node.
        minutes: time limit of a job; unfinished points continue in another job.
        points_per_job: points of a job, trained one after the other on each worker.
        jobs_at_once: running jobs of the array; None is as many as Slurm allows.
        workers: points that a job without GPUs trains at the same time, each on its own core or cores.
        gpus: GPUs of each node of a job, each with the sweep's `workers_per_device`; 0 trains on cores.
        cpus_per_worker: cores of each training process: one trains, the others read streamed images.
        memory_gb: memory of each node of a job in GiB; None is the cluster's default.
        signal_seconds: how long before the time limit a job receives the signal to stop.
        modules: environment modules that are loaded before Python starts.
        partition, account, qos, constraint: as sbatch takes them.

    Raises:
        UserErrors: values outside their range.
    """

    nodes_per_point: int = 1
    minutes: int = 60
    points_per_job: int = 10
    jobs_at_once: int | None = None
    workers: int = 1
    gpus: int = 0
    cpus_per_worker: int = 1
    memory_gb: float | None = None
    signal_seconds: int = 90
    modules: tuple[str, ...] = ()
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None

    def __post_init__(self) -> None:
        if errors := list(self._range_errors()) or list(self._conflicts()):
            raise UserErrors(errors)
        object.__setattr__(self, "modules", tuple(self.modules))

    def _range_errors(self) -> Iterator[str]:
        """Yield for each value outside its range."""
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if name == "jobs_at_once" and value is None:
                continue
            if type(value) is not int or not low <= value <= high:
                yield f"{name} is {value!r}; must be an integer from {low} to {high}"
        if self.memory_gb is not None and (not is_number(self.memory_gb) or self.memory_gb <= 0):
            yield f"memory_gb is {self.memory_gb!r}; must be a number above 0, or null"
        is_list = isinstance(self.modules, list | tuple)
        if not is_list or not all(isinstance(name, str) and re.fullmatch(MODULE_NAME, name) for name in self.modules):
            yield f"modules is {self.modules!r}; must be a list of module names, such as [cuda/12.4]"
        yield from self.process_errors()
        for name in TEXTS:
            value = getattr(self, name)
            if value is not None and (not isinstance(value, str) or not value or not value.isprintable()):
                yield f"{name} is {value!r}; must be a word as sbatch takes it, or null"

    def _conflicts(self) -> Iterator[str]:
        """Yield for each two values, all inside their ranges, that do not go together."""
        latest = SIGNAL_SHARE * 60 * self.minutes
        if self.signal_seconds > latest:
            yield (
                f"signal_seconds is {self.signal_seconds} and minutes {self.minutes}, which leaves too little time "
                f"to train; signal_seconds must be at most {latest:.0f}, half of the time limit"
            )
        if self.gpus and self.gpus % self.processes_per_point:
            yield (
                f"processes_per_point is {self.processes_per_point}; must divide gpus, which is {self.gpus}: each "
                "process of a point has a GPU of its job"
            )
        if not self.gpus and self.sync_batch_norm:
            yield "sync_batch_norm is true; must be false on a CPU, with gpus=0: torch has it for GPUs only"

    @property
    def nodes(self) -> int:
        """Number of nodes that a point is trained on."""
        return self.nodes_per_point if type(self.nodes_per_point) is int else 1

    def check(self, sweep: SweepContext) -> None:
        """Raise UserErrors if the sweep sets workers of this machine, or if Slurm's commands are missing."""
        errors = ErrorCollector()
        with errors.collect():
            if sweep.options.workers is not None:
                raise UserError(
                    f"workers is {sweep.options.workers}, but engine=slurm does not train on this machine; "
                    "use engine.workers, or engine.gpus and workers_per_device"
                )
        with errors.collect():
            self.check_points(sweep)
        with errors.collect():
            if sweep.options.tracker != "none":
                raise UserError(
                    f"tracker={sweep.options.tracker} is written by the process that trains, so it takes engine=local; "
                    "log=csv or log=tensorboard writes a log of each point in jobs too"
                )
        with errors.collect():
            if "%" in str(folder := sweep.store.folder.absolute()):
                raise UserError(
                    f"results folder {folder} has a % in its path, which Slurm replaces in names of log files; "
                    "use another results=..."
                )
        with errors.collect():
            if sweep.remaining:
                check_commands()
        errors.raise_collected()

    def slots(self, options: SweepOptions, points: int) -> tuple[str, ...]:
        """Return a slot for each worker of all jobs that run at the same time if Slurm allows it."""
        jobs = len(deal_points(points, self.points_per_job))
        workers = min(jobs, self.jobs_at_once or jobs) * self.workers_per_job(options)
        return (GPU if self.gpus else CPU,) * max(1, min(points, workers))

    def workers_per_job(self, options: SweepOptions) -> int:
        """Return the number of points that a job trains at the same time."""
        return self.gpus // self.processes_per_point * options.workers_per_device or self.workers

    def schedule(self, sweep: SweepContext) -> Schedule:
        """Return the remaining points that are neither in training nor in a job that waits or runs."""
        remaining, notes = sweep.remaining, list(self.notes())
        submitted = submitted_points(sweep.store, remaining)
        if submitted:
            jobs = format_jobs(sorted(set(submitted.values())))
            notes.append(f"already in waiting or running Slurm jobs: {pluralize(len(submitted), 'point')} ({jobs})")
        keys = [key for key in remaining if key not in submitted and key not in sweep.status.running]
        results = comparable_results(sweep.results, self.processes)
        seconds = forecast_seconds(sweep.study, keys, results, trained_steps=checkpoint_steps(sweep.store))
        schedule = make_schedule(sweep, keys, seconds, self.slots(sweep.options, len(keys)))
        if points := len(schedule.keys):
            check_array_size(points, self.points_per_job)
            jobs_needed = len(deal_points(points, self.points_per_job))
            per_job = pluralize(-(-points // jobs_needed), "point")
            notes.append(f"needs {pluralize(jobs_needed, 'Slurm job')} of up to {per_job} each")
        return Schedule(schedule.keys, schedule.seconds, schedule.slots, schedule.postponed, tuple(notes))

    def run(self, sweep: SweepContext, schedule: Schedule) -> Outcome:
        """Submit the scheduled points. Raises UserError, with Slurm's message, if it refuses the jobs."""
        if schedule.keys:
            jobs = submit_points(self, self.workers_per_job(sweep.options), sweep, schedule)
            print(
                f"submitted {pluralize(len(schedule.keys), 'point')} to Slurm in {pluralize(len(jobs), 'job')}: "
                f"{jobs[0]}{f' to {jobs[-1]}' if len(jobs) > 1 else ''}; see progress with do=status, and run the same "
                "command again for the report when they are done"
            )
        return Outcome.SUBMITTED
