"""The training loop."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import isfinite
from time import perf_counter

import torch
from torch import Tensor

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.data.augment.views import augment_batch, mix_batch
from scaling_lab.data.batches import TrainingBatches
from scaling_lab.data.normalization import Normalizer
from scaling_lab.training.checkpoints import Checkpoints
from scaling_lab.training.interrupts import StopRequested, defer_stop
from scaling_lab.training.progress import RunningAccuracy, TrainingProgress
from scaling_lab.training.recorder import Recorder
from scaling_lab.training.state import Training


def train(
    training: Training,
    batches: TrainingBatches,
    dataset: Normalizer,
    checkpoints: Checkpoints | None = None,
    recorder: Recorder | None = None,
) -> None:
    """Train to the recipe's last step, writing a checkpoint whenever one is due.

    Args:
        training: Training to continue, changed in place.
        batches: Source of batches.
        dataset: Dataset of the batches: normalization and number of classes.
        checkpoints: Where checkpoints are written; None writes none.
        recorder: Measures at the end of each epoch; None measures nothing. The trained bits are the same.

    Raises:
        FloatingPointError: If the loss is no longer finite; the message names the epoch.
        StopRequested: After the step during which a stop was requested, once its checkpoint is written.
    """
    with defer_stop() as is_stop_requested:
        _train(training, batches, dataset, checkpoints, recorder, is_stop_requested)


def _train(
    training: Training,
    batches: TrainingBatches,
    dataset: Normalizer,
    checkpoints: Checkpoints | None,
    recorder: Recorder | None,
    is_stop_requested: Callable[[], bool],
) -> None:
    recipe, progress = training.recipe, training.progress
    augmentation = replace(recipe, crop=0.0) if batches.cropped else recipe
    training.module.train()
    earlier_seconds, start = progress.seconds, perf_counter()
    while progress.steps < recipe.steps:
        for batch, labels in _epoch_batches(training, batches):
            images = dataset.normalize(augment_batch(batch, training.generator, augmentation, training.side))
            loss = training.step(*mix_batch(images, labels, training.generator, recipe, dataset.classes))
            progress.losses.append(loss)
            progress.steps += 1
            is_epoch_end = progress.steps % len(batches) == 0 or progress.steps == recipe.steps
            if is_epoch_end:
                _end_epoch(progress, recipe, batches)
            progress.seconds = earlier_seconds + perf_counter() - start
            if is_epoch_end:
                if recorder:
                    recorder.record(training)
                    start = perf_counter() - (progress.seconds - earlier_seconds)
                progress.losses, progress.grad_norms = [], []
            is_last = progress.steps == recipe.steps
            stop, is_due = training.agree(is_stop_requested(), checkpoints is not None and checkpoints.is_due())
            if checkpoints and (stop or (is_due and not is_last)):
                _check_mean_loss(progress, recipe)
                progress.skipped = sorted({*progress.skipped, *batches.skipped})
                write_checkpoint(training, checkpoints)
            if stop:
                raise StopRequested
            if is_last:
                return


def write_checkpoint(training: Training, checkpoints: Checkpoints) -> None:
    """Write the state of a training: one file, of all processes, which call this together."""
    state = training.state_dict()
    if training.group.is_first:
        checkpoints.write(training.progress.steps, state)
    else:
        checkpoints.skip()


def _epoch_batches(training: Training, batches: TrainingBatches) -> Iterator[tuple[Tensor, Tensor]]:
    """Return the remaining batches of the current epoch, or all batches of the next one."""
    progress, generator = training.progress, training.generator
    done = progress.steps % len(batches)
    if not done:
        progress.epoch_began = generator.get_state()
        training.running_accuracy = RunningAccuracy()
        return batches.epoch(generator)
    if progress.epoch_began is None:
        raise ValueError(f"epoch_began is None after {done} steps of an epoch; the generator's state is needed")
    later = generator.get_state()
    generator.set_state(progress.epoch_began)
    remaining = batches.epoch(generator, done)
    generator.set_state(later)
    return remaining


def _end_epoch(progress: TrainingProgress, recipe: Hyperparameters, batches: TrainingBatches) -> None:
    progress.skipped = sorted({*progress.skipped, *batches.skipped})
    progress.epoch_losses.append(_check_mean_loss(progress, recipe))


def _check_mean_loss(progress: TrainingProgress, recipe: Hyperparameters) -> float:
    """Return the mean loss of the current epoch; raise FloatingPointError if it is not finite."""
    mean = float(torch.stack(progress.losses).mean()) if progress.losses else 0.0
    if not isfinite(mean):
        epoch = len(progress.epoch_losses) + 1
        raise FloatingPointError(f"loss is {mean} in epoch {epoch} (peak learning rate {recipe.lr})")
    return mean
