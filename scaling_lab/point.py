"""One point from value to result: build, count, train, measure, store. Read this first."""

from pathlib import Path
from time import perf_counter

import torch
from torch import nn

from scaling_lab.build import build
from scaling_lab.cost import Cost, cost
from scaling_lab.data.batches import at_side
from scaling_lab.data.pictures import Pictures
from scaling_lab.measure.correctness import correctness
from scaling_lab.measure.fvcore_count import fvcore_count
from scaling_lab.measure.latency import latency
from scaling_lab.provenance import provenance
from scaling_lab.records import Point, Result, canonical, pack
from scaling_lab.results import Store
from scaling_lab.training.train import train


def run(point: Point, pictures: Pictures, folder: Path) -> Result:
    """Trains and measures one point on the CPU and adds its result to the store in `folder`.

    The same point on the same machine with the same threads gives the same bits.
    Raises ArithmeticError when fvcore counts the built module differently from the value, before training; and
    FloatingPointError when the loss is no longer finite.
    """
    started = perf_counter()
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(point.seed)
    module, counted, by_fvcore = _counted(point)
    losses, train_seconds = _trained(module, point, pictures)
    held_out, test = (
        correctness(module, part, pictures, point.network.side) for part in (pictures.held_out, pictures.test)
    )
    seconds = latency(module, point.network)
    result = Result(
        key=point.key,
        point=canonical(point),
        flops=counted.flops,
        flops_fvcore=counted.flops_fvcore,
        flops_by_fvcore=by_fvcore.flops,
        params=counted.params,
        activations=counted.activations,
        held_out_accuracy=sum(held_out) / len(held_out),
        test_accuracy=sum(test) / len(test),
        test_pictures=len(test),
        test_correct=pack(test),
        train_loss=tuple(losses),
        train_seconds=train_seconds,
        point_seconds=perf_counter() - started,
        provenance=provenance("cpu"),
        latency_seconds=seconds,
    )
    Store(folder).add(result)
    return result


def _counted(point: Point) -> tuple[nn.Module, Cost, Cost]:
    """The module, and what the value and fvcore say that it costs."""
    module, counted = build(point.network), cost(point.network)
    by_fvcore = fvcore_count(module, point.network)
    if by_fvcore != counted:
        raise ArithmeticError(f"fvcore counts {by_fvcore}, the value says {counted}")
    return module, counted, by_fvcore


def _trained(module: nn.Module, point: Point, pictures: Pictures) -> tuple[list[float], float]:
    """Mean loss of each epoch and the seconds of the loop; trains the module in place."""
    images, labels = at_side(pictures.train.images, point.network.side), torch.tensor(pictures.train.labels)
    began = perf_counter()
    losses = train(module, images, labels, point.recipe, pictures.mean, pictures.std, point.seed)
    return losses, perf_counter() - began
