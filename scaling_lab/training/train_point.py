"""One point from value to result: build, count, train, measure, store. Read this first."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.hyperparameters import with_regularization
from scaling_lab.data.loaders import Part, load_evaluation_batches, load_training_batches
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.networks.costs.cost import Cost, cost
from scaling_lab.store.results import Store
from scaling_lab.store.schema import Point, Result, canonical_form, pack_bits
from scaling_lab.training.checkpoints import Checkpoints
from scaling_lab.training.device import prepare_device
from scaling_lab.training.evaluate.accuracy import correct_predictions, evaluation_batch_size
from scaling_lab.training.evaluate.fvcore_count import count_with_fvcore
from scaling_lab.training.evaluate.latency import measure_latency
from scaling_lab.training.interrupts import StopRequested
from scaling_lab.training.module import build_module
from scaling_lab.training.precision import choose_step_options
from scaling_lab.training.provenance import collect_provenance
from scaling_lab.training.resume import resume_training
from scaling_lab.training.state import Training

CPU_EXECUTION = ExecutionOptions()
EVALUATED_PARTS: tuple[Part, Part] = ("held_out", "test")


def train_point(
    point: Point,
    pictures: Dataset,
    folder: Path,
    running: ExecutionOptions = CPU_EXECUTION,
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
    device = prepare_device(running)
    counted, by_fvcore = _counted(point)
    checkpoints = Checkpoints(Store(folder).checkpoints, point.key, 60 * running.checkpoint_minutes)
    batches = load_training_batches(pictures, point.recipe, point.network.side, device)
    training = resume_training(
        point,
        pictures,
        batches,
        checkpoints,
        device,
        choose_step_options(device, running.compiled),
        watch,
        running.code,
    )
    try:
        result = _measured(point, pictures, training, counted, by_fvcore)
    except StopRequested:
        checkpoints.write(training.progress.steps, training.state())
        raise
    result = replace(result, point_seconds=perf_counter() - started + training.progress.earlier)
    Store(folder).add_result(result)
    checkpoints.remove()
    return result


def _counted(point: Point) -> tuple[Cost, Cost]:
    """What the value says that the network costs, and fvcore of the module."""
    counted = cost(point.network)
    by_fvcore = count_with_fvcore(build_module(with_regularization(point.network, point.recipe)), point.network)
    if by_fvcore != counted:
        raise ArithmeticError(f"fvcore counts {by_fvcore}, the value says {counted}")
    return counted, by_fvcore


def _measured(point: Point, pictures: Dataset, training: Training, counted: Cost, by_fvcore: Cost) -> Result:
    """What a trained point is worth. The held-out and the test part are read here, once."""
    module, network = training.evaluated_module, point.network
    held_out, test = (
        correct_predictions(
            module,
            load_evaluation_batches(
                pictures, part, network.side, point.recipe.eval_border, evaluation_batch_size(network)
            ),
            pictures,
        )
        for part in EVALUATED_PARTS
    )
    return Result(
        key=point.key,
        point=canonical_form(point),
        flops=counted.flops,
        flops_fvcore=counted.flops_fvcore,
        flops_by_fvcore=by_fvcore.flops,
        params=counted.params,
        activations=counted.activations,
        held_out_accuracy=sum(held_out) / len(held_out),
        test_accuracy=sum(test) / len(test),
        test_pictures=len(test),
        test_correct=pack_bits(test),
        train_loss=tuple(training.progress.epoch_losses),
        train_seconds=training.progress.seconds,
        point_seconds=0.0,
        provenance=collect_provenance(training.device) | training.provenance(pictures.skipped),
        latency_seconds=measure_latency(module, point.network),
    )
