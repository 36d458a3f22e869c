"""Submission to Slurm through submitit, which writes and submits the job scripts."""

import os
import re
import shutil
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from subprocess import CalledProcessError, SubprocessError, run
from typing import TYPE_CHECKING, Any

from scaling_lab.errors import UserError
from scaling_lab.store.results import WriteError
from scaling_lab.store.submissions import private_folder, record_submission
from scaling_lab.study.context import SweepContext
from scaling_lab.study.schedule import Schedule

if TYPE_CHECKING:
    from scaling_lab.study.executors.slurm import Slurm

FIRST_NODE = ("--nodes=1", "--ntasks=1", "--relative=0")  # workers of a job; their steps take all nodes
MAX_TIMEOUTS = 1_000_000  # submitit gives up a job after some timeouts; here each continues from its checkpoints
MAX_SHOWN_JOBS = 5
COMMAND_SECONDS = 30  # for scontrol


def deal_points(points: int, points_per_job: int) -> list[range]:
    """Return the places of the points of each job.

    Points come longest first and are dealt out like cards, so that every job has long and short ones.
    """
    jobs = -(-points // points_per_job)
    return [range(job, points, jobs) for job in range(jobs)]


def format_jobs(jobs: Sequence[str]) -> str:
    """Return the first jobs, with an ellipsis if there are more."""
    return ", ".join(jobs[:MAX_SHOWN_JOBS]) + (" ..." if len(jobs) > MAX_SHOWN_JOBS else "")


def check_commands() -> None:
    """Raise UserError if a command of Slurm is missing."""
    for command in ("sbatch", "srun"):
        if shutil.which(command) is None:
            raise UserError(f"engine=slurm needs the command {command}, which is not on this machine; use engine=local")


def check_array_size(points: int, points_per_job: int) -> None:
    """Raise UserError if this many points make more jobs than Slurm allows in one array."""
    limit, jobs = _max_array_size(), len(deal_points(points, points_per_job))
    if limit is not None and jobs > limit:
        raise UserError(
            f"engine.points_per_job is {points_per_job}, which makes an array of {jobs:,} jobs for {points:,} points; "
            f"this Slurm allows {limit:,} (MaxArraySize): must be at least {-(-points // limit)}"
        )


def _max_array_size() -> int | None:
    with suppress(OSError, SubprocessError):
        command = ["scontrol", "show", "config"]
        output = run(command, capture_output=True, text=True, check=True, timeout=COMMAND_SECONDS).stdout  # noqa: S603
        if match := re.search(r"^MaxArraySize\s*=\s*(\d+)", output, re.MULTILINE):
            return int(match[1])
    return None


def submit_points(settings: "Slurm", workers: int, sweep: SweepContext, schedule: Schedule) -> list[str]:
    """Submit the scheduled points and record which job has which.

    Args:
        settings: settings of the jobs.
        workers: points that a job trains at the same time.
        sweep: the sweep.
        schedule: points to submit.

    Returns:
        The ids of the jobs.

    Raises:
        UserError: Slurm refuses the jobs, or the submission cannot be recorded.
    """
    from scaling_lab.study.executors.pool import STOP_SECONDS
    from scaling_lab.study.executors.slurm_job import Batch

    places = deal_points(len(schedule.keys), settings.points_per_job)
    keys_of_jobs = [[schedule.keys[place] for place in job] for job in places]
    batches = []
    for keys in keys_of_jobs:
        points = [sweep.study.points[key] for key in keys]
        batch = Batch(
            points=tuple(planned.point for planned in points),
            sources={planned.point.data.name: planned.source for planned in points},
            folder=sweep.store.folder.resolve(),
            execution=settings.execution(sweep),
            labels={planned.point.key: planned.label for planned in points},
            seconds={key: schedule.seconds[key] for key in keys if key in schedule.seconds},
            workers=workers,
            gpus=settings.gpus,
            max_failures=sweep.options.max_failures,
            stop_seconds=min(STOP_SECONDS, 0.7 * settings.signal_seconds),
        )
        batches.append(batch)
    jobs = _submit(sbatch_parameters(settings, sweep.options.name, workers), batches, sweep.store.folder)
    try:
        record_submission(sweep.store, jobs, keys_of_jobs)
    except WriteError as error:
        raise WriteError(
            f"{error}; the jobs {jobs[0]} to {jobs[-1]} are submitted: cancel them before submitting again"
        ) from None
    return jobs


def sbatch_parameters(settings: "Slurm", study: str, workers: int) -> dict[str, Any]:
    """Return submitit's parameters for jobs of a study that trains so many points at the same time."""
    texts = ("partition", "account", "qos", "constraint")
    parameters = {name: getattr(settings, name) for name in texts if getattr(settings, name)}
    if settings.memory_gb:
        parameters["mem"] = f"{round(1024 * settings.memory_gb)}MB"
    if settings.gpus:
        parameters["gpus_per_node"] = settings.gpus
    if settings.modules:
        parameters["setup"] = [f"module load {module}" for module in settings.modules]
    if settings.nodes_per_point > 1:
        parameters["srun_args"] = FIRST_NODE
    return parameters | {
        "job_name": study,
        "time": settings.minutes,
        "nodes": settings.nodes_per_point,
        "ntasks_per_node": 1,
        "cpus_per_task": workers * settings.processes_per_point * settings.cpus_per_worker,
        "signal_delay_s": settings.signal_seconds,
        "array_parallelism": settings.jobs_at_once or 10**6,
        "wckey": "",
        "additional_parameters": {"requeue": True},
    }


def _submit(parameters: dict[str, Any], batches: Sequence[Callable[[], object]], results: Path) -> list[str]:
    """Submit one job per batch as one array and return the ids."""
    from submitit import SlurmExecutor
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    folder, umask = results.resolve(), os.umask(0o077)
    try:
        folder = private_folder(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            executor = SlurmExecutor(folder=folder, max_num_timeout=MAX_TIMEOUTS)
            executor.update_parameters(**parameters)
            with executor.batch():
                jobs = [executor.submit(batch) for batch in batches]
    except (FailedJobError, FailedSubmissionError, CalledProcessError) as error:
        message = " ".join(str(getattr(error, "stderr", None) or error).split())
        raise UserError(f"Slurm refuses the jobs: {message}") from None
    except OSError as error:
        raise UserError(f"{folder} cannot be written to: {error.strerror}") from None
    finally:
        os.umask(umask)
    return [str(job.job_id) for job in jobs]
