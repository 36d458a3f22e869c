"""One point in several processes of this machine, which torchrun's Python interface starts and restarts.

The worker has the lease and waits. Progress and the request to stop are files in a private folder; process 0 writes
checkpoints, logs and the result.
"""

import json
import logging
import os
import signal
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING
from weakref import ref

from scaling_lab.atomic import replace_file
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.store.results import WriteError
from scaling_lab.store.schema import Point, Result
from scaling_lab.study.executors.devices import devices_of_slot
from scaling_lab.study.executors.fork_server import ensure_server, server_context
from scaling_lab.study.executors.lease_progress import Numbers, epochs_of, read_progress
from scaling_lab.study.executors.processes import Failure, Interrupted, end_with_parent, format_death, format_error
from scaling_lab.study.executors.worker_logs import log_address, send_logs
from scaling_lab.training import interrupts

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    from scaling_lab.training.state import Training

MAX_RESTARTS = 3  # of all processes of a point, by torchrun
SHUTDOWN_SECONDS = 10  # until a process that waits for one that died is killed
POLL_SECONDS = 0.2
MAX_ERROR_LENGTH = 500
RankOutcome = Result | Failure | Interrupted | WriteError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RankTask:
    """A point for several processes.

    Attributes:
        devices: device of each process.
        point, dataset, folder, execution: as in `train_point`.
        work: private folder that these processes share with their worker.
        log_address: where log messages are sent.
    """

    devices: tuple[str, ...]
    point: Point
    dataset: Dataset
    folder: Path
    execution: ExecutionOptions
    work: Path
    log_address: str | None

    @property
    def stop_file(self) -> Path:
        """File that exists once the processes are to stop."""
        return self.work / "stop"

    @property
    def progress_file(self) -> Path:
        """File with the numbers for the lease."""
        return self.work / "progress.json"

    def read_progress(self) -> Numbers:
        """Return the numbers that process 0 has written; empty before its first step."""
        numbers: Numbers = json.loads(self.progress_file.read_bytes()) if self.progress_file.exists() else {}
        return numbers


@contextmanager
def private_task(
    slot: str, point: Point, dataset: Dataset, folder: Path, execution: ExecutionOptions
) -> Iterator[RankTask]:
    """Context manager: a task with a private folder, which is deleted at the end."""
    devices = devices_of_slot(slot, execution.processes)
    with TemporaryDirectory(prefix="scaling_lab.", ignore_cleanup_errors=True) as work:
        yield RankTask(devices, point, dataset, folder, execution, Path(work), log_address())


def train_in_ranks(task: RankTask) -> Result | Failure | WriteError:
    """Train a point in several processes and wait for them; a request to stop is passed on to them.

    Raises:
        StopRequested: the processes stopped, after a checkpoint if they had begun to train.
    """
    with interrupts.defer_stop() as is_stop_requested, ThreadPoolExecutor(1) as executor:
        launched = executor.submit(launch, run_rank, task)
        while wait([launched], timeout=POLL_SECONDS).not_done:
            if is_stop_requested():
                task.stop_file.touch()
        outcome = launched.result()
    if isinstance(outcome, Interrupted):
        raise interrupts.StopRequested
    return outcome


def launch(function: Callable[[RankTask], RankOutcome | None], task: RankTask) -> RankOutcome:
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


def _run(function: Callable[[RankTask], RankOutcome | None], task: RankTask) -> RankOutcome | None:
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


def run_rank(task: RankTask) -> RankOutcome | None:
    """Train the point in one of its processes; return the outcome in process 0. Called by torchrun's agent.

    Errors that meet all processes are returned. Others are raised, and the agent restarts all processes.
    """
    import torch

    from scaling_lab.training.distributed import join_group
    from scaling_lab.training.train_point import train_point

    device = task.devices[int(os.environ["LOCAL_RANK"])]
    torch.set_num_threads(1)
    with join_group(torch.device(device), task.execution.sync_batch_norm) as group:
        send_logs(task.log_address)
        if not group.is_first:
            logging.getLogger("scaling_lab").setLevel(logging.CRITICAL)
        _log_restart(task)

        def started(training: "Training") -> None:
            if steps := training.progress.steps:
                logger.info("resuming %s from step %d of %d", task.point.key, steps, training.recipe.steps)
            if group.is_first:
                Thread(target=_keep_in_touch, args=(task, ref(training)), daemon=True).start()

        execution = replace(task.execution, device=device)
        try:
            result = train_point(task.point, task.dataset, task.folder, execution, started, group)
        except interrupts.StopRequested:
            return Interrupted()
        except ArithmeticError as error:  # a loss that is not finite, or other counts: the same in all processes
            return Failure(format_error(error))
        except WriteError as error:
            return error
        return result if group.is_first else None


def _keep_in_touch(task: RankTask, training: "ref[Training]") -> None:
    """Write progress for the worker, and look for its request to stop, as long as there is the training."""
    epochs = epochs_of(task.point, task.dataset)
    while alive := training():
        with suppress(Exception):  # a training that is just failing, or a full disk
            replace_file(task.progress_file, json.dumps(read_progress(alive, epochs)).encode())
        if task.stop_file.exists():
            interrupts.request_stop()
        del alive
        sleep(POLL_SECONDS)


def _log_restart(task: RankTask) -> None:
    if restart := int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")):
        logger.warning(
            "%s: one of its %d processes ended; all of them continue from the last checkpoint (restart %d of %d)",
            task.point.key,
            len(task.devices),
            restart,
            MAX_RESTARTS,
        )


def _silence_agent() -> None:
    """Keep torchrun's log off the terminal: what matters of it is logged here."""
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(("torch.distributed", "torch.multiprocessing", "torchelastic")):
            logging.getLogger(name).setLevel(logging.CRITICAL)
