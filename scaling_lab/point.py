"""One point from value to result: build, count, train, measure, store. Read this first."""

import time
from pathlib import Path

import torch

from scaling_lab.build import build
from scaling_lab.cost import cost
from scaling_lab.data.batches import at_side
from scaling_lab.data.pictures import Pictures
from scaling_lab.measure.correctness import correctness
from scaling_lab.measure.fvcore_count import fvcore_count
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
    started = time.perf_counter()
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(point.seed)
    network, counted = point.network, cost(point.network)
    module = build(network)
    by_fvcore = fvcore_count(module, network)
    if by_fvcore != counted:
        raise ArithmeticError(f"fvcore counts {by_fvcore}, the value says {counted}")

    images, labels = at_side(pictures.train.images, network.side), torch.tensor(pictures.train.labels)
    training = time.perf_counter()
    losses = train(module, images, labels, point.recipe, pictures.mean, pictures.std, point.seed)
    train_seconds = time.perf_counter() - training

    held_out = correctness(module, pictures.held_out, pictures, network.side)
    test = correctness(module, pictures.test, pictures, network.side)
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
        point_seconds=time.perf_counter() - started,
        provenance=provenance("cpu"),
    )
    Store(folder).add(result)
    return result
