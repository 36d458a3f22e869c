"""One point from its description to its result: build, count, train, evaluate, store. Read this file first."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.hyperparameters import with_regularization
from scaling_lab.data.loaders import load_evaluation_batches, load_training_batches
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.modules.fvcore_count import count_with_fvcore
from scaling_lab.networks.costs.cost import Cost, network_cost
from scaling_lab.store.bits import pack_bits
from scaling_lab.store.keys import canonical_form
from scaling_lab.store.results import Store
from scaling_lab.store.schema import Point, Result
from scaling_lab.training.checkpoints import Checkpoints
from scaling_lab.training.device import prepare_device
from scaling_lab.training.distributed import ALONE, ProcessGroup
from scaling_lab.training.evaluate.accuracy import evaluation_batch_size, score_predictions
from scaling_lab.training.evaluate.latency import measure_latency
from scaling_lab.training.evaluate.memory import peak_memory_bytes
from scaling_lab.training.interrupts import StopRequested
from scaling_lab.training.logs import make_log
from scaling_lab.training.loop import write_checkpoint
from scaling_lab.training.module import build_module
from scaling_lab.training.precision import choose_step_options
from scaling_lab.training.provenance import collect_provenance
from scaling_lab.training.recorder import Recorder, held_out_evaluator
from scaling_lab.training.resume import resume_training
from scaling_lab.training.state import Training
from scaling_lab.training.weights import WeightsFile

CPU_EXECUTION = ExecutionOptions()


def train_point(
    point: Point,
    dataset: Dataset,
    folder: Path,
    execution: ExecutionOptions = CPU_EXECUTION,
    on_start: Callable[[Training], object] = lambda _: None,
    group: ProcessGroup = ALONE,
    micro_batch_size: int | None = None,
) -> Result:
    """Train and evaluate one point, from its last checkpoint if it has one, and add its result to a store.

    The same point on the same machine with the same number of threads gives the same bits, also when it was
    interrupted and resumed; on a GPU only if `execution.deterministic`. Where memory is short, gradients are
    accumulated over micro-batches.

    Args:
        point: Point to train.
        dataset: Dataset that the point names.
        folder: Folder of the results store.
        execution: Device, determinism, compilation, checkpoint interval, log, and whether weights are kept.
        on_start: Called with each training before its first step.
        group: Processes that train the point together, all by this function. The first one writes.
        micro_batch_size: Images that a new training computes at once in each process; None is all that fit.

    Raises:
        ArithmeticError: Before training, if fvcore counts the built module differently from `cost`.
        FloatingPointError: If the loss is no longer finite.
    """
    start = perf_counter()
    device = prepare_device(execution)
    counted, by_fvcore = _count_costs(point)
    store = Store(folder)
    checkpoints = Checkpoints(store.checkpoints, point.key, 60 * execution.checkpoint_minutes)
    batches = load_training_batches(dataset, point.recipe, point.network.side, device)
    step_options = replace(choose_step_options(device, execution.compiled), micro_batch_size=micro_batch_size)
    log = make_log(execution.log if group.is_first else "none", store.logs, point.key)
    recorder = Recorder(held_out_evaluator(point, dataset, group), log)
    training = resume_training(
        point, dataset, batches, checkpoints, device, step_options, on_start, execution.code, recorder, group
    )
    try:
        result = _evaluate(point, dataset, training, counted, by_fvcore)
    except StopRequested:
        write_checkpoint(training, checkpoints)
        raise
    result = replace(result, point_seconds=perf_counter() - start + training.progress.earlier)
    if not group.is_first:
        return result
    if execution.keep_weights:  # before the result: a finished point has its weights
        WeightsFile.of(store, point.key).write(training, point, dataset)
    store.add_result(result)
    checkpoints.remove()
    return result


def _count_costs(point: Point) -> tuple[Cost, Cost]:
    """Return the cost of the network by this project's count, and of the built module by fvcore; they must agree."""
    counted = network_cost(point.network)
    by_fvcore = count_with_fvcore(build_module(with_regularization(point.network, point.recipe)), point.network)
    if by_fvcore != counted:
        raise ArithmeticError(f"fvcore counts {by_fvcore} for the built module; the network's cost is {counted}")
    return counted, by_fvcore


def _evaluate(point: Point, dataset: Dataset, training: Training, counted: Cost, by_fvcore: Cost) -> Result:
    """Return the result of a trained point. The test part is read here, once."""
    module, network, progress = training.evaluated_module, point.network, training.progress
    border, batch_size = point.recipe.eval_border, evaluation_batch_size(network)
    test = score_predictions(
        module, load_evaluation_batches(dataset, "test", network.side, border, batch_size), dataset, training.group
    )
    if progress.epochs:
        held_out = progress.epochs[-1].held_out_accuracy
    else:  # resumed after the last step from a checkpoint of a version that did not record epochs
        held_out = held_out_evaluator(point, dataset, training.group)(module).accuracy
    return Result(
        key=point.key,
        point=canonical_form(point),
        flops=counted.flops,
        flops_fvcore=counted.flops_fvcore,
        flops_by_fvcore=by_fvcore.flops,
        params=counted.params,
        activations=counted.activations,
        held_out_accuracy=held_out,
        test_accuracy=test.accuracy,
        test_pictures=len(test.correct),
        test_correct=pack_bits(test.correct),
        train_loss=tuple(progress.epoch_losses),
        train_seconds=progress.seconds,
        point_seconds=0.0,
        provenance=collect_provenance(training.device) | training.provenance(dataset.skipped),
        latency_seconds=measure_latency(module, point.network) if training.group.is_first else None,
        epochs=tuple(progress.epochs),
        test_loss=test.loss,
        test_top5=test.top5_accuracy,
        chance=test.chance,
        peak_memory=peak_memory_bytes(training.device),
    )
