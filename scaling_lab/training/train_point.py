"""One point from value to result: build, count, train, measure, store. Read this first."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.hyperparameters import trained
from scaling_lab.data.loaders import Part, evaluation_batches, training_batches
from scaling_lab.data.streaming.dataset import DataSet
from scaling_lab.networks.costs.cost import Cost, cost
from scaling_lab.store.results import Store
from scaling_lab.store.schema import Point, Result, canonical, pack
from scaling_lab.training.checkpoints import Checkpoints
from scaling_lab.training.device import prepare
from scaling_lab.training.evaluate.accuracy import at_once, correctness
from scaling_lab.training.evaluate.fvcore_count import fvcore_count
from scaling_lab.training.evaluate.latency import latency
from scaling_lab.training.interrupts import Stopped
from scaling_lab.training.module import build
from scaling_lab.training.precision import means
from scaling_lab.training.provenance import provenance
from scaling_lab.training.resume import fitting
from scaling_lab.training.state import Training

CPU = ExecutionOptions()
PARTS: tuple[Part, Part] = ("held_out", "test")


def run(
    point: Point,
    pictures: DataSet,
    folder: Path,
    running: ExecutionOptions = CPU,
    watch: Callable[[Training], object] = lambda _: None,
) -> Result:
    """Trains and measures one point and adds its result to the store in `folder`; goes on from its last checkpoint.
    `watch` is given the training as it begins.

    The same point on the same machine with the same threads gives the same bits, also when it was stopped on the way;
    on a GPU only when `running` is deterministic. Where memory is short a batch is accumulated from parts.
    Raises ArithmeticError when fvcore counts the built module differently from the value, before training; and
    FloatingPointError when the loss is no longer finite.
    """
    started = perf_counter()
    device = prepare(running)
    counted, by_fvcore = _counted(point)
    checkpoints = Checkpoints(Store(folder).checkpoints, point.key, 60 * running.checkpoint_minutes)
    batches = training_batches(pictures, point.recipe, point.network.side, device)
    training = fitting(
        point, pictures, batches, checkpoints, device, means(device, running.compiled), watch, running.code
    )
    try:
        result = _measured(point, pictures, training, counted, by_fvcore)
    except Stopped:
        checkpoints.write(training.progress.steps, training.state())
        raise
    result = replace(result, point_seconds=perf_counter() - started + training.progress.earlier)
    Store(folder).add(result)
    checkpoints.remove()
    return result


def _counted(point: Point) -> tuple[Cost, Cost]:
    """What the value says that the network costs, and fvcore of the module."""
    counted = cost(point.network)
    by_fvcore = fvcore_count(build(trained(point.network, point.recipe)), point.network)
    if by_fvcore != counted:
        raise ArithmeticError(f"fvcore counts {by_fvcore}, the value says {counted}")
    return counted, by_fvcore


def _measured(point: Point, pictures: DataSet, training: Training, counted: Cost, by_fvcore: Cost) -> Result:
    """What a trained point is worth. The held-out and the test part are read here, once."""
    module, network = training.evaluated, point.network
    held_out, test = (
        correctness(
            module,
            evaluation_batches(pictures, part, network.side, point.recipe.eval_border, at_once(network)),
            pictures.mean,
            pictures.std,
        )
        for part in PARTS
    )
    return Result(
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
        train_loss=tuple(training.progress.means),
        train_seconds=training.progress.seconds,
        point_seconds=0.0,
        provenance=provenance(training.device) | training.told(pictures.skipped),
        latency_seconds=latency(module, point.network),
    )
