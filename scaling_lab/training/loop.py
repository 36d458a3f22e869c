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
from scaling_lab.training.state import RunningAccuracy, Training, TrainingProgress


def train(
    training: Training,
    batches: TrainingBatches,
    dataset: Normalizer,
    checkpoints: Checkpoints | None = None,
) -> None:
    """Trains to the recipe's last step, writing a checkpoint whenever one is due.

    Raises FloatingPointError, naming the epoch, when the loss is no longer finite; and Stopped after the step at which
    the process is asked to stop, a checkpoint of that step being written.
    """
    with defer_stop() as asked_to_stop:
        _train(training, batches, dataset, checkpoints, asked_to_stop)


def _train(
    training: Training,
    batches: TrainingBatches,
    dataset: Normalizer,
    checkpoints: Checkpoints | None,
    asked_to_stop: Callable[[], bool],
) -> None:
    recipe, now = training.recipe, training.progress
    seen = replace(recipe, crop=0.0) if batches.cropped else recipe
    training.module.train()
    seconds, began = now.seconds, perf_counter()
    while now.steps < recipe.steps:
        for batch, labels in _epoch(training, batches):
            pictures = dataset.normalize(augment_batch(batch, training.generator, seen, training.side))
            now.losses.append(training.step(*mix_batch(pictures, labels, training.generator, recipe, dataset.classes)))
            now.steps += 1
            if now.steps % len(batches) == 0 or now.steps == recipe.steps:
                _end_epoch(now, recipe, batches)
            now.seconds = seconds + perf_counter() - began
            stop, last = asked_to_stop(), now.steps == recipe.steps
            if checkpoints and (stop or (checkpoints.due() and not last)):
                _check(now, recipe)
                now.skipped = sorted({*now.skipped, *batches.skipped})
                checkpoints.write(now.steps, training.state())
            if stop:
                raise StopRequested
            if last:
                return


def _epoch(training: Training, batches: TrainingBatches) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches that are left of the epoch under way, or those of the next."""
    now, generator = training.progress, training.generator
    done = now.steps % len(batches)
    if not done:
        now.epoch_began = generator.get_state()
        training.running_accuracy = RunningAccuracy()
        return batches.epoch(generator)
    if now.epoch_began is None:
        raise ValueError("a training in the middle of an epoch does not say how that epoch began")
    later = generator.get_state()
    generator.set_state(now.epoch_began)
    left = batches.epoch(generator, done)
    generator.set_state(later)
    return left


def _end_epoch(now: TrainingProgress, recipe: Hyperparameters, batches: TrainingBatches) -> None:
    now.skipped = sorted({*now.skipped, *batches.skipped})
    now.epoch_losses.append(_check(now, recipe))
    now.losses = []


def _check(now: TrainingProgress, recipe: Hyperparameters) -> float:
    """The mean loss of the epoch under way."""
    mean = float(torch.stack(now.losses).mean()) if now.losses else 0.0
    if not isfinite(mean):
        raise FloatingPointError(
            f"loss is {mean} in epoch {len(now.epoch_losses) + 1} (peak learning rate {recipe.lr})"
        )
    return mean
