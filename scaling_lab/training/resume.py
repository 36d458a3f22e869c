"""A point's training that goes on from its last checkpoint, and fits into memory."""

from collections.abc import Callable
from dataclasses import replace

import torch

from scaling_lab.config.hyperparameters import with_regularization
from scaling_lab.data.batches import TrainingBatches
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.store.code_version import CODE_DIGEST
from scaling_lab.store.schema import Point
from scaling_lab.training.checkpoints import CHECKPOINT_ERRORS, Checkpoints
from scaling_lab.training.loop import train
from scaling_lab.training.module import build_module
from scaling_lab.training.precision import StepOptions, is_out_of_memory
from scaling_lab.training.provenance import current_commit
from scaling_lab.training.state import Training


def resume_training(
    point: Point,
    pictures: Dataset,
    batches: TrainingBatches,
    checkpoints: Checkpoints,
    device: torch.device,
    step_options: StepOptions,
    watch: Callable[[Training], object],
    code: str | None = None,
) -> Training:
    """The finished training of a point on a device, torch's generators seeded here. `watch` is given it as it begins.

    It goes on from the last good checkpoint, made by that version of the code if one is given; one that cannot be used
    is told, and the one before it taken. When memory
    runs out it starts again with half as many pictures at once, each batch being accumulated from such parts.
    Raises MemoryError when one picture is too many, and what `train` raises.
    """
    training = _resumed(point, checkpoints, device, step_options, code)
    while True:
        watch(training)
        try:
            train(training, batches, pictures, checkpoints)
            return training
        except FloatingPointError:
            checkpoints.remove()  # what was kept leads there again
            raise
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            short = " ".join(str(error).split())
        now = training.step_options.micro_batch_size or point.recipe.batch
        if now == 1:
            raise MemoryError(f"memory does not hold the training of one picture: {short}")
        print(f"{point.key}: memory ran out at {now} pictures at once; starting again with {now // 2}", flush=True)
        del training  # or its tensors would be there beside the new ones
        torch.cuda.empty_cache()
        checkpoints.remove()
        training = _new(point, device, replace(step_options, micro_batch_size=now // 2))


def _new(point: Point, device: torch.device, step_options: StepOptions) -> Training:
    torch.manual_seed(point.seed)
    module = build_module(with_regularization(point.network, point.recipe)).to(device)
    training = Training(module, point.network.side, point.recipe, point.seed, step_options)
    training.progress.commits.append(current_commit())
    training.progress.codes.append(CODE_DIGEST)
    return training


def _resumed(
    point: Point, checkpoints: Checkpoints, device: torch.device, step_options: StepOptions, code: str | None
) -> Training:
    """The training as its newest good checkpoint has it, or a new one."""
    for path, state in checkpoints.newest_first():
        try:
            if code and (others := sorted({*state["progress"]["codes"]} - {code})):
                raise ValueError(f"same_version=true, and it was made by version {', '.join(others)} of the code")
            training = _new(point, device, replace(step_options, micro_batch_size=state["at_once"]))
            training.restore(state)
        except CHECKPOINT_ERRORS as error:
            print(f"checkpoint {path} does not fit and is not used: {' '.join(str(error).split())}", flush=True)
            continue
        return training
    return _new(point, device, step_options)
