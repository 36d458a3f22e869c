"""Failures of the processes of a point: files of the task, one per attempt and process.

attemptN.processR.error   what the function raised
attemptN.processR.death   a signal ended the process
attemptN.PLACE.ended      the process or node ended because it lost the others
"""

import signal
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_lab.study.executors.processes import Failure, format_death, format_error
from scaling_lab.study.executors.rank_task import MAX_RESTARTS, RankTask

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

MAX_ERROR_LENGTH = 500
ERROR, DEATH, ENDED = "error", "death", "ended"
GLOO_SOURCES = "gloo/transport/"  # in messages of gloo, which raises RuntimeError
GLOO_CHECK = "enforce fail"  # in those on wrong arguments


def clear_failures(task: RankTask) -> None:
    """Delete the files of an earlier launch of the task."""
    for kind in (ERROR, DEATH, ENDED):
        for file in task.work.glob(f"attempt*.{kind}"):
            file.unlink(missing_ok=True)


def record_error(task: RankTask, place: str, attempt: int, error: Exception) -> None:
    """Record an error of an attempt.

    Args:
        task: The task.
        place: Where it was raised, such as `process1` or `node0`.
        attempt: Number of earlier attempts.
        error: The error. One of an agent, or of a lost connection, is not one of the function.
    """
    is_of_function = place.startswith("process") and not _is_lost_connection(error)
    _record(task, attempt, place, ERROR if is_of_function else ENDED, format_error(error)[:MAX_ERROR_LENGTH])


def record_deaths(task: RankTask, attempt: int, error: "ChildFailedError") -> None:
    """Record which processes were ended by a signal. Agents and Slurm end by SIGTERM those of which another failed."""
    for rank, failure in error.failures.items():
        if failure.exitcode < 0:
            kind = ENDED if failure.exitcode == -signal.SIGTERM else DEATH
            reason = f"process {rank} of {task.processes}: {format_death(failure.exitcode)}"
            _record(task, attempt, f"process{rank}", kind, reason)


def describe_failure(task: RankTask) -> Failure:
    """Return the failure of a point by those of its processes.

    It died if in the last attempt a process was killed, or none raised an error of its own: its agent was killed.
    """
    reasons = list[str]()
    for attempt in range(MAX_RESTARTS + 1):
        errors, deaths = (_read(task, attempt, kind) for kind in (ERROR, DEATH))
        reasons += [*errors[:1], *deaths]
    if not errors and not deaths:
        reasons += _read(task, MAX_RESTARTS, ENDED)[:1] or ["a process ended without an error"]
    where = f" on {task.nodes} nodes" if task.nodes > 1 else ""
    reason = f"{'; then '.join(dict.fromkeys(reasons))} ({task.processes} processes{where}, {MAX_RESTARTS} restarts)"
    return Failure(reason, died=bool(deaths) or not errors)


def _is_lost_connection(error: Exception) -> bool:
    """Return whether an error says only that another process has ended."""
    from torch.distributed import DistError

    text = str(error)
    return isinstance(error, DistError | ConnectionError) or (
        type(error) is RuntimeError and GLOO_SOURCES in text and GLOO_CHECK not in text
    )


def _record(task: RankTask, attempt: int, place: str, kind: str, reason: str) -> None:
    Path(task.work, f"attempt{attempt}.{place}.{kind}").write_text(reason)


def _read(task: RankTask, attempt: int, kind: str) -> list[str]:
    """Return the recorded reasons of a kind, the first one first."""
    files = sorted(task.work.glob(f"attempt{attempt}.*.{kind}"), key=lambda file: file.stat().st_mtime_ns)
    return [file.read_text() for file in files]
