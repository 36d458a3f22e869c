"""torchrun's agent, through its Python interface: it starts the processes of a point on this machine and waits.

What becomes of them is recorded in files of the task, from which a failure is described.
"""

import logging
import os
import signal
import warnings
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from scaling_lab.study.executors.fork_server import ensure_server, server_context
from scaling_lab.study.executors.processes import Failure, end_with_parent, format_death, format_error
from scaling_lab.study.executors.rank_task import MAX_RESTARTS, RankOutcome, RankTask

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

SHUTDOWN_SECONDS = 10  # until a process that waits for one that died is killed
MAX_ERROR_LENGTH = 500

RankFunction = Callable[[RankTask], RankOutcome | None]


def run_agent(function: RankFunction, task: RankTask, **rendezvous: Any) -> dict[int, RankOutcome] | None:
    """Call a function in each process that a task has on this machine.

    The agent handles signals in a main thread only; elsewhere it runs too.

    Args:
        function: Function of a module.
        task: The task.
        rendezvous: Settings of torchrun's `LaunchConfig` by which processes meet, and its restarts.

    Returns:
        The outcomes of this machine's processes by rank; None if one of them failed, which `describe_failure` tells.
    """
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    _silence_agent()
    server_context()
    ensure_server()
    config = LaunchConfig(
        min_nodes=task.nodes,
        max_nodes=task.nodes,
        nproc_per_node=len(task.devices),
        run_id=task.point.key,
        start_method="forkserver",
        logs_specs=DefaultLogsSpecs(log_dir=str(task.work / "errors")),
        shutdown_timeout=SHUTDOWN_SECONDS,
        **rendezvous,
    )
    try:
        outcomes: dict[int, RankOutcome] = elastic_launch(config, _run)(function, task)
    except ChildFailedError as error:
        _record_deaths(error, task)
        return None
    return outcomes


def _run(function: RankFunction, task: RankTask) -> RankOutcome | None:
    """Call a function in one process; an error is kept for the worker, and ends all processes of this attempt."""
    Thread(target=end_with_parent, daemon=True).start()
    # Stop signals, which were blocked in the server of forks, are for the worker; by SIGTERM the agent ends a process
    # that waits for one that died.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    warnings.filterwarnings("ignore", "Grad strides do not match", UserWarning)  # costs a copy
    try:
        return function(task)
    except Exception as error:
        record_error(task, f"process{os.environ['RANK']}", task.restart, error)
        raise


def record_error(task: RankTask, place: str, attempt: int, error: Exception) -> None:
    """Record an error of an attempt. place: where it was raised, such as `process1`."""
    Path(task.work, f"attempt{attempt}.{place}.error").write_text(format_error(error)[:MAX_ERROR_LENGTH])


def _record_deaths(error: "ChildFailedError", task: RankTask) -> None:
    for rank, failure in error.failures.items():
        if failure.exitcode < 0:
            reason = f"process {rank} of {task.processes}: {format_death(failure.exitcode)}"
            Path(task.work, f"process{rank}.death").write_text(reason)


def describe_failure(task: RankTask) -> Failure:
    """Return the failure of a point by those of its processes: the first one of each attempt, and who was killed."""
    reasons = list[str]()
    for attempt in range(MAX_RESTARTS + 1):
        files = sorted(task.work.glob(f"attempt{attempt}.*.error"), key=lambda file: file.stat().st_mtime_ns)
        reasons += [file.read_text() for file in files[:1]]
    deaths = [file.read_text() for file in sorted(task.work.glob("*.death"))]
    reason = "; then ".join(dict.fromkeys([*reasons, *deaths])) or "a process ended without an error"
    where = f" on {task.nodes} nodes" if task.nodes > 1 else ""
    return Failure(f"{reason} ({task.processes} processes{where}, {MAX_RESTARTS} restarts)", died=bool(deaths))


def _silence_agent() -> None:
    """Keep torchrun's log off the terminal: what matters of it is logged here."""
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(("torch.distributed", "torch.multiprocessing", "torchelastic")):
            logging.getLogger(name).setLevel(logging.CRITICAL)
