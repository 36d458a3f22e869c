"""One point in several processes of this machine, which torchrun's Python interface starts and restarts.

The worker has the lease and waits for them (`rank_process`).
"""

import json
import logging
import os
import signal
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from scaling_lab.atomic import replace_file
from scaling_lab.store.results import WriteError
from scaling_lab.store.schema import Result
from scaling_lab.study.executors.fork_server import ensure_server, server_context
from scaling_lab.study.executors.processes import Failure, Interrupted, end_with_parent, format_death, format_error
from scaling_lab.study.executors.rank_process import run_rank
from scaling_lab.study.executors.rank_task import MAX_RESTARTS, RankOutcome, RankTask
from scaling_lab.training import interrupts

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

SHUTDOWN_SECONDS = 10  # until a process that waits for one that died is killed
POLL_SECONDS = 0.2
MAX_ERROR_LENGTH = 500

RankFunction = Callable[[RankTask], RankOutcome | None]


def train_in_ranks(task: RankTask) -> Result | Failure | WriteError:
    """Train a point in several processes and wait for them; a request to stop is passed on to them.

    Raises:
        StopRequested: the processes stopped, after a checkpoint if they had begun to train.
    """
    with interrupts.defer_stop() as is_stop_requested, ThreadPoolExecutor(1) as executor:
        launched = executor.submit(_launch_until_it_fits, task)
        while wait([launched], timeout=POLL_SECONDS).not_done:
            if is_stop_requested():
                task.stop_file.touch()
        outcome = launched.result()
    if isinstance(outcome, Interrupted):
        raise interrupts.StopRequested
    return outcome


def _launch_until_it_fits(task: RankTask) -> RankOutcome:
    """Launch the processes of a task again if the agent's restarts were not enough to find a micro-batch that fits."""
    while True:
        outcome = launch(run_rank, task)
        _, last_attempt = task.micro_batch()
        if not isinstance(outcome, Failure) or last_attempt != MAX_RESTARTS:
            return outcome
        replace_file(task.memory_file, json.dumps((task.micro_batch()[0], -1)).encode())


def launch(function: RankFunction, task: RankTask) -> RankOutcome:
    """Run torchrun's agent, which calls a function in each process of a task; return the outcome of process 0.

    The agent handles signals in a main thread only, and here it has to run in another one.
    """
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    _silence_agent()
    server_context()
    ensure_server()
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=len(task.devices),
        run_id=task.point.key,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",
        max_restarts=MAX_RESTARTS,
        start_method="forkserver",
        logs_specs=DefaultLogsSpecs(log_dir=str(task.work / "errors")),
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    try:
        outcomes: dict[int, RankOutcome] = elastic_launch(config, _run)(function, task)
    except ChildFailedError as error:
        return _failure(error, task)
    return outcomes[0]


def _run(function: RankFunction, task: RankTask) -> RankOutcome | None:
    """Call a function in one process; an error is kept for the worker, and makes the agent restart all processes."""
    Thread(target=end_with_parent, daemon=True).start()
    # Stop signals, which were blocked in the server of forks, are for the worker; by SIGTERM the agent ends a process
    # that waits for one that died.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    warnings.filterwarnings("ignore", "Grad strides do not match", UserWarning)  # costs a copy
    try:
        return function(task)
    except Exception as error:
        attempt, rank = os.environ["TORCHELASTIC_RESTART_COUNT"], os.environ["RANK"]
        Path(task.work, f"attempt{attempt}.process{rank}.error").write_text(format_error(error)[:MAX_ERROR_LENGTH])
        raise


def _failure(error: "ChildFailedError", task: RankTask) -> Failure:
    """Return the failure of a point by those of its processes, the first one of each attempt."""
    size, reasons = len(task.devices), list[str]()
    killed = {rank: failure for rank, failure in error.failures.items() if failure.exitcode < 0}
    for attempt in range(MAX_RESTARTS + 1):
        files = sorted(task.work.glob(f"attempt{attempt}.process*.error"), key=lambda file: file.stat().st_mtime_ns)
        reasons += [file.read_text() for file in files[:1]]
    reasons += [f"process {rank} of {size}: {format_death(failure.exitcode)}" for rank, failure in killed.items()]
    reason = "; then ".join(dict.fromkeys(reasons)) or "a process ended without an error"
    return Failure(f"{reason} ({size} processes, {MAX_RESTARTS} restarts)", died=bool(killed))


def _silence_agent() -> None:
    """Keep torchrun's log off the terminal: what matters of it is logged here."""
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(("torch.distributed", "torch.multiprocessing", "torchelastic")):
            logging.getLogger(name).setLevel(logging.CRITICAL)
