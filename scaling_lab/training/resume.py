"""A point's training that goes on from its last checkpoint, and fits into memory."""

from collections.abc import Callable
from dataclasses import replace

import torch

from scaling_lab.config.hyperparameters import trained
from scaling_lab.data.batches import Batches
from scaling_lab.data.streaming.dataset import DataSet
from scaling_lab.store.code_version import CODE
from scaling_lab.store.schema import Point
from scaling_lab.training.checkpoints import UNREADABLE, Checkpoints
from scaling_lab.training.loop import train
from scaling_lab.training.module import build
from scaling_lab.training.precision import Means, out_of_memory
from scaling_lab.training.provenance import commit
from scaling_lab.training.state import Training


def fitting(
    point: Point,
    pictures: DataSet,
    batches: Batches,
    checkpoints: Checkpoints,
    device: torch.device,
    means: Means,
    watch: Callable[[Training], object],
    code: str | None = None,
) -> Training:
    """The finished training of a point on a device, torch's generators seeded here. `watch` is given it as it begins.

    It goes on from the last good checkpoint, made by that version of the code if one is given; one that cannot be used
    is told, and the one before it taken. When memory
    runs out it starts again with half as many pictures at once, each batch being accumulated from such parts.
    Raises MemoryError when one picture is too many, and what `train` raises.
    """
    training = _resumed(point, checkpoints, device, means, code)
    while True:
        watch(training)
        try:
            train(training, batches, pictures.mean, pictures.std, pictures.classes, checkpoints)
            return training
        except FloatingPointError:
            checkpoints.remove()  # what was kept leads there again
            raise
        except Exception as error:
            if not out_of_memory(error):
                raise
            short = " ".join(str(error).split())
        now = training.means.at_once or point.recipe.batch
        if now == 1:
            raise MemoryError(f"memory does not hold the training of one picture: {short}")
        print(f"{point.key}: memory ran out at {now} pictures at once; starting again with {now // 2}", flush=True)
        del training  # or its tensors would be there beside the new ones
        torch.cuda.empty_cache()
        checkpoints.remove()
        training = _new(point, device, replace(means, at_once=now // 2))


def _new(point: Point, device: torch.device, means: Means) -> Training:
    torch.manual_seed(point.seed)
    module = build(trained(point.network, point.recipe)).to(device)
    training = Training(module, point.network.side, point.recipe, point.seed, means)
    training.progress.commits.append(commit())
    training.progress.codes.append(CODE)
    return training


def _resumed(point: Point, checkpoints: Checkpoints, device: torch.device, means: Means, code: str | None) -> Training:
    """The training as its newest good checkpoint has it, or a new one."""
    for path, state in checkpoints.newest_first():
        try:
            if code and (others := sorted({*state["progress"]["codes"]} - {code})):
                raise ValueError(f"same_version=true, and it was made by version {', '.join(others)} of the code")
            training = _new(point, device, replace(means, at_once=state["at_once"]))
            training.restore(state)
        except UNREADABLE as error:
            print(f"checkpoint {path} does not fit and is not used: {' '.join(str(error).split())}", flush=True)
            continue
        return training
    return _new(point, device, means)
