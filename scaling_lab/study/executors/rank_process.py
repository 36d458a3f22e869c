"""The work of one of several processes that train a point together.

Progress and the request to stop are files of the task; process 0 writes checkpoints, logs and the result.
"""

import json
import logging
import os
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING
from weakref import ref

from scaling_lab.atomic import replace_file
from scaling_lab.store.code_version import version_conflict
from scaling_lab.store.results import Store, WriteError
from scaling_lab.study.executors.lease_progress import epochs_of, read_progress
from scaling_lab.study.executors.processes import Failure, Interrupted, format_error
from scaling_lab.study.executors.rank_task import MAX_RESTARTS, RankOutcome, RankTask
from scaling_lab.study.executors.worker_logs import send_logs
from scaling_lab.training import interrupts

if TYPE_CHECKING:
    from scaling_lab.training.state import Training

TOUCH_SECONDS = 0.2

logger = logging.getLogger(__name__)


def run_rank(task: RankTask) -> RankOutcome | None:
    """Train the point in one of its processes; return the outcome in process 0. Called by torchrun's agent.

    Errors that meet all processes are returned. Others are raised, and the agent restarts all processes.
    """
    import torch

    from scaling_lab.training.distributed import join_group
    from scaling_lab.training.precision import is_out_of_memory
    from scaling_lab.training.train_point import train_point

    if conflict := version_conflict(task.execution.code):  # edited since the worker started
        return Failure(conflict)
    device = task.devices[int(os.environ["LOCAL_RANK"])]
    torch.set_num_threads(1)
    with join_group(torch.device(device), task.execution.sync_batch_norm) as group:
        send_logs(task.log_address)
        if not group.is_first:
            logging.getLogger("scaling_lab").setLevel(logging.CRITICAL)
        _log_restart(task)
        sizes = group.gather(task.micro_batch()[0])  # a node may see a file later than another
        micro_batch = min((size for size in sizes if size is not None), default=None)

        def started(training: "Training") -> None:
            if steps := training.progress.steps:
                logger.info("resuming %s from step %d of %d", task.point.key, steps, training.recipe.steps)
            if group.is_first:
                Thread(target=_keep_in_touch, args=(task, ref(training)), daemon=True).start()

        execution = replace(task.execution, device=device)
        try:
            result = train_point(task.point, task.dataset, task.folder, execution, started, group, micro_batch)
        except interrupts.StopRequested:
            return Interrupted()
        except ArithmeticError as error:  # a loss that is not finite, or other counts: the same in all processes
            return Failure(format_error(error))
        except WriteError as error:
            return error
        except Exception as error:
            if is_out_of_memory(error):
                _halve_micro_batch(task, micro_batch or -(-task.point.recipe.batch // group.size), error)
            raise
        return result if group.is_first else None


def _halve_micro_batch(task: RankTask, size: int, error: Exception) -> None:
    """Let the next attempt compute half as many images at once in each process, from the start of the training.

    Raises:
        MemoryError: if it was a single image.
    """
    from scaling_lab.training.checkpoints import Checkpoints

    if size == 1:
        raise MemoryError(f"training does not fit in memory with a micro-batch of 1 image: {error}") from error
    Checkpoints(Store(task.folder).checkpoints, task.point.key, 0.0).remove()
    replace_file(task.memory_file, json.dumps((size // 2, task.restart)).encode())


def _keep_in_touch(task: RankTask, training: "ref[Training]") -> None:
    """Write progress for the worker, and look for its request to stop, as long as there is the training."""
    epochs = epochs_of(task.point, task.dataset)
    while alive := training():
        with suppress(Exception):  # a training that is just failing, or a full disk
            replace_file(task.progress_file, json.dumps(read_progress(alive, epochs)).encode())
        if task.stop_file.exists():
            interrupts.request_stop()
        del alive
        sleep(TOUCH_SECONDS)


def _log_restart(task: RankTask) -> None:
    restart, (size, attempt) = task.restart, task.micro_batch()
    if size is not None and restart == attempt + 1:
        logger.warning("%s: out of memory; restarting with micro-batches of %d in each process", task.point.key, size)
    elif restart:
        logger.warning(
            "%s: one of its %d processes ended; all of them continue from the last checkpoint (restart %d of %d)",
            task.point.key,
            task.processes,
            restart,
            MAX_RESTARTS,
        )
