"""The engine that hands points to Slurm, several a job, and returns. submitit writes the jobs and asks for them."""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError, SubprocessError, run
from typing import Any

from scaling_lab.errors import UserError, UserErrors
from scaling_lab.validation import is_number

FOLDER = "slurm"  # in the study's: submitit's own, the one place where a pickle lies on disk
ALL_TIMEOUTS = 1_000_000  # submitit ends a job after some; here each goes on from its checkpoints
WORDS = ("partition", "account", "qos", "constraint")
MODULE = r"\w[\w.+/@-]*"  # no word that a shell would do more with
MOST_MINUTES = 525_600
PATIENCE = 30  # seconds for scontrol


@dataclass(frozen=True)
class Slurm:
    """How jobs are asked for.

    minutes: time limit of a job, after which it goes on in another. points_per_job: a job trains so many, one after the
    other on each worker. jobs_at_once: of the array; None is as many as Slurm lets run. workers: training processes of
    a job, a core each. gpus: of a job, to each of which the sweep's workers_per_device are given; 0 trains on cores.
    cpus_per_worker: cores of each, one that trains and the rest for reading streamed pictures. memory_gb: of a job;
    None is the cluster's own. signal_seconds: how long before the limit a job is told to stop. modules: environment
    modules that are loaded before Python starts. partition, account, qos, constraint: as sbatch takes them.

    Raises UserErrors for values outside their range.
    """

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
        if wrong := list(self._wrong()):
            raise UserErrors(wrong)
        object.__setattr__(self, "modules", tuple(self.modules))

    def _wrong(self) -> Iterator[str]:
        ranges = {"minutes": (1, MOST_MINUTES), "points_per_job": (1, 10**6), "workers": (1, 1024), "gpus": (0, 64)}
        ranges |= {"cpus_per_worker": (1, 1024), "signal_seconds": (1, 65_535), "jobs_at_once": (1, 10**6)}
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if name == "jobs_at_once" and value is None:
                continue
            if type(value) is not int or not low <= value <= high:
                yield f"{name} is {value!r}; it must be a whole number from {low} to {high}"
        if self.memory_gb is not None and (not is_number(self.memory_gb) or self.memory_gb <= 0):
            yield f"memory_gb is {self.memory_gb!r}; it must be a number above 0, or null"
        listed = isinstance(self.modules, list | tuple)
        if not listed or not all(isinstance(one, str) and re.fullmatch(MODULE, one) for one in self.modules):
            yield f"modules is {self.modules!r}; it must be a list of modules' names, such as [cuda/12.4]"
        for name in WORDS:
            value = getattr(self, name)
            if value is not None and (not isinstance(value, str) or not value or not value.isprintable()):
                yield f"{name} is {value!r}; it must be a word, as sbatch takes it, or null"

    def dealt(self, count: int) -> list[range]:
        """The places of so many points in each job. Points come longest first, so every job has long and short ones."""
        jobs = -(-count // self.points_per_job)
        return [range(job, count, jobs) for job in range(jobs)]

    def parameters(self, name: str, workers: int) -> dict[str, Any]:
        """What submitit is told of a job of the study `name` with so many training processes."""
        given = {word: getattr(self, word) for word in WORDS if getattr(self, word)}
        if self.memory_gb:
            given["mem"] = f"{round(1024 * self.memory_gb)}MB"
        if self.gpus:
            given["gpus_per_node"] = self.gpus
        if self.modules:
            given["setup"] = [f"module load {module}" for module in self.modules]
        return given | {
            "job_name": name,
            "time": self.minutes,
            "nodes": 1,
            "ntasks_per_node": 1,
            "cpus_per_task": workers * self.cpus_per_worker,
            "signal_delay_s": self.signal_seconds,
            "array_parallelism": self.jobs_at_once or 10**6,
            "wckey": "",
            "additional_parameters": {"requeue": True},
        }


def refuse_without_slurm() -> None:
    """Raises UserError where the commands of Slurm are not there."""
    for command in ("sbatch", "srun"):
        if shutil.which(command) is None:
            raise UserError(f"engine=slurm needs {command}, which is not on this machine; engine=local trains here")


def refuse_too_many(engine: Slurm, points: int) -> None:
    """Raises UserError where so many points make more jobs than Slurm takes in one array."""
    most, jobs = _largest_array(), len(engine.dealt(points))
    if most is not None and jobs > most:
        raise UserError(
            f"engine.points_per_job is {engine.points_per_job}, which makes an array of {jobs:,} jobs of "
            f"{points:,} points; this Slurm takes {most:,} (MaxArraySize): it must be at least {-(-points // most)}"
        )


def _largest_array() -> int | None:
    with suppress(OSError, SubprocessError):
        asked = ["scontrol", "show", "config"]
        said = run(asked, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout  # noqa: S603
        if found := re.search(r"^MaxArraySize\s*=\s*(\d+)", said, re.MULTILINE):
            return int(found[1])
    return None


def submit(engine: Slurm, name: str, batches: Sequence[Callable[[], object]], folder: Path, workers: int) -> list[str]:
    """Asks for a job a batch, all of them as one array, each with so many training processes. The ids of the jobs.

    Raises UserError, with Slurm's own words, when it refuses.
    """
    import warnings

    from submitit import SlurmExecutor
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    place, before = (folder / FOLDER).resolve(), os.umask(0o077)
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.chmod(0o700)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            executor = SlurmExecutor(folder=place, max_num_timeout=ALL_TIMEOUTS)
            executor.update_parameters(**engine.parameters(name, workers))
            with executor.batch():
                jobs = [executor.submit(batch) for batch in batches]
    except (FailedJobError, FailedSubmissionError, CalledProcessError) as error:
        said = " ".join(str(getattr(error, "stderr", None) or error).split())
        raise UserError(f"Slurm refuses the jobs: {said}") from None
    except OSError as error:
        raise UserError(f"{place} cannot be written to: {error.strerror}") from None
    finally:
        os.umask(before)
    return [job.job_id for job in jobs]
