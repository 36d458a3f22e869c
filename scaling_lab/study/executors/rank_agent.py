"""torchrun's agent, through its Python interface: it starts the processes of a point on this machine and waits.

Failures are recorded in files of the task (`rank_failures`).
"""

import logging
import os
import signal
import warnings
from collections.abc import Callable
from threading import Thread
from typing import Any

from scaling_lab.study.executors.fork_server import ensure_server, server_context
from scaling_lab.study.executors.processes import end_with_parent
from scaling_lab.study.executors.rank_failures import record_deaths, record_error
from scaling_lab.study.executors.rank_task import RankOutcome, RankTask

SHUTDOWN_SECONDS = 10  # until a process that waits for one that died is killed

RankFunction = Callable[[RankTask], RankOutcome | None]


def run_agent(
    function: RankFunction, task: RankTask, *, max_restarts: int, **rendezvous: Any
) -> dict[int, RankOutcome] | None:
    """Call a function in each process that a task has on this machine.

    The agent handles signals in a main thread only; elsewhere it runs too.

    Args:
        function: Function of a module.
        task: The task.
        max_restarts: Restarts by this agent.
        rendezvous: Settings of torchrun's `LaunchConfig` by which processes meet.

    Returns:
        The outcomes of this machine's processes by rank; None if one of them failed, as `describe_failure`
            describes.
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
        max_restarts=max_restarts,
        **rendezvous,
    )
    try:
        outcomes: dict[int, RankOutcome] = elastic_launch(config, _run)(function, task)
    except ChildFailedError as error:
        record_deaths(task, task.attempt + max_restarts, error)
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


def _silence_agent() -> None:
    """Keep torchrun's log off the terminal: what matters of it is logged here."""
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(("torch.distributed", "torch.multiprocessing", "torchelastic")):
            logging.getLogger(name).setLevel(logging.CRITICAL)
