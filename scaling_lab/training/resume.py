"""Training of a point from its last checkpoint, with smaller micro-batches when memory runs out."""

import logging
from collections.abc import Callable
from dataclasses import replace

import torch

from scaling_lab.config.hyperparameters import with_regularization
from scaling_lab.data.batches import TrainingBatches
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.store.code_version import CODE_DIGEST
from scaling_lab.store.schema import Point
from scaling_lab.training.checkpoints import CHECKPOINT_ERRORS, Checkpoints, log_unusable
from scaling_lab.training.distributed import ALONE, ProcessGroup, process_seed
from scaling_lab.training.loop import train
from scaling_lab.training.module import build_module
from scaling_lab.training.precision import StepOptions, is_out_of_memory
from scaling_lab.training.provenance import current_commit
from scaling_lab.training.recorder import Recorder
from scaling_lab.training.state import Training

logger = logging.getLogger(__name__)


def resume_training(
    point: Point,
    dataset: Dataset,
    batches: TrainingBatches,
    checkpoints: Checkpoints,
    device: torch.device,
    step_options: StepOptions,
    on_start: Callable[[Training], object],
    code: str | None = None,
    recorder: Recorder | None = None,
    group: ProcessGroup = ALONE,
) -> Training:
    """Train a point to its end, from its last valid checkpoint if there is one, and return the finished training.

    torch's generators are seeded here. Unusable checkpoints are logged, and the one before is tried. When memory runs
    out, training starts again with micro-batches of half the size.

    Args:
        point: Point to train.
        dataset: Dataset of the batches.
        batches: Source of training batches.
        checkpoints: Checkpoints of the point.
        device: Device to train on.
        step_options: Precision, compilation and the first micro-batch size.
        on_start: Called with each training before its first step.
        code: Digest of the only code version whose checkpoints are used; None allows any.
        recorder: Measures at the end of each epoch, as in `train`.
        group: Processes that train the point together. When memory runs out, the error is raised: all of them have
            to start again.

    Raises:
        MemoryError: If the training of a single image does not fit in memory.
        FloatingPointError: If the loss is no longer finite; the checkpoints are deleted.
        StopRequested: As in `train`.
    """
    training = _load_or_start(point, checkpoints, device, step_options, code, group)
    while True:
        on_start(training)
        try:
            train(training, batches, dataset, checkpoints, recorder)
            return training
        except FloatingPointError:
            if group.is_first:
                checkpoints.remove()  # resuming would end in the same loss
            raise
        except Exception as error:  # CPU and GPU run out of memory with errors of different types
            if group.size > 1 or not is_out_of_memory(error):  # other processes wait for this one
                raise
            reason = " ".join(str(error).split())
        size = _smaller_micro_batch(point, training, reason)
        del training  # otherwise its tensors would occupy memory together with the new ones
        torch.cuda.empty_cache()
        checkpoints.remove()
        training = _start(point, device, replace(step_options, micro_batch_size=size), group)


def _smaller_micro_batch(point: Point, training: Training, reason: str) -> int:
    """Return half the micro-batch of a training that ran out of memory. Raises MemoryError if that is one image."""
    size = training.step_options.micro_batch_size or point.recipe.batch
    if size == 1:
        raise MemoryError(f"training does not fit in memory with a micro-batch of 1 image: {reason}")
    logger.warning("%s: out of memory with micro-batches of %d; restarting with %d", point.key, size, size // 2)
    return size // 2


def _start(point: Point, device: torch.device, step_options: StepOptions, group: ProcessGroup) -> Training:
    torch.manual_seed(point.seed)
    module = group.convert(build_module(with_regularization(point.network, point.recipe)).to(device))
    training = Training(module, point.network.side, point.recipe, point.seed, step_options, group)
    if group.size > 1:
        torch.manual_seed(process_seed(point.seed, group.rank))  # of dropout: each process has other images
    training.progress.commits.append(current_commit())
    training.progress.codes.append(CODE_DIGEST)
    return training


def _load_or_start(
    point: Point,
    checkpoints: Checkpoints,
    device: torch.device,
    step_options: StepOptions,
    code: str | None,
    group: ProcessGroup,
) -> Training:
    """Return a training restored from the newest usable checkpoint, or a new one."""
    for path, state in group.from_first(checkpoints.newest_first()):
        try:
            if code and (others := sorted({*state["progress"]["codes"]} - {code})):
                raise ValueError(f"it was made by code version {', '.join(others)}; same_version=true allows {code}")
            training = _start(point, device, replace(step_options, micro_batch_size=state["at_once"]), group)
            training.load_state_dict(state)
        except CHECKPOINT_ERRORS as error:
            if group.is_first:
                log_unusable(path, error)
            continue
        return training
    return _start(point, device, step_options, group)
