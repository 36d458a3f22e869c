"""The training loop."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import isfinite
from time import perf_counter

import torch
from torch import Tensor

from scaling_lab.config.hyperparameters import Resolved
from scaling_lab.data.augment.views import mixed, views
from scaling_lab.data.batches import Batches, normalise
from scaling_lab.training.checkpoints import Checkpoints
from scaling_lab.training.interrupts import Stopped, at_steps
from scaling_lab.training.state import Progress, Seen, Training


def train(
    training: Training,
    batches: Batches,
    mean: Sequence[float],
    std: Sequence[float],
    classes: int,
    checkpoints: Checkpoints | None = None,
) -> None:
    """Trains to the recipe's last step, writing a checkpoint whenever one is due.

    mean, std: of the pictures in 0 .. 1, one number a channel.
    Raises FloatingPointError, naming the epoch, when the loss is no longer finite; and Stopped after the step at which
    the process is asked to stop, a checkpoint of that step being written.
    """
    with at_steps() as asked_to_stop:
        _train(training, batches, (mean, std), classes, checkpoints, asked_to_stop)


def _train(
    training: Training,
    batches: Batches,
    moments: tuple[Sequence[float], Sequence[float]],
    classes: int,
    checkpoints: Checkpoints | None,
    asked_to_stop: Callable[[], bool],
) -> None:
    recipe, now = training.recipe, training.progress
    seen = replace(recipe, crop=0.0) if batches.cropped else recipe
    training.module.train()
    seconds, began = now.seconds, perf_counter()
    while now.steps < recipe.steps:
        for batch, labels in _epoch(training, batches):
            pictures = normalise(views(batch, training.generator, seen, training.side), *moments)
            now.losses.append(training.step(*mixed(pictures, labels, training.generator, recipe, classes)))
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
                raise Stopped
            if last:
                return


def _epoch(training: Training, batches: Batches) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches that are left of the epoch under way, or those of the next."""
    now, generator = training.progress, training.generator
    done = now.steps % len(batches)
    if not done:
        now.epoch_began = generator.get_state()
        training.seen = Seen()
        return batches.epoch(generator)
    if now.epoch_began is None:
        raise ValueError("a training in the middle of an epoch does not say how that epoch began")
    later = generator.get_state()
    generator.set_state(now.epoch_began)
    left = batches.epoch(generator, done)
    generator.set_state(later)
    return left


def _end_epoch(now: Progress, recipe: Resolved, batches: Batches) -> None:
    now.skipped = sorted({*now.skipped, *batches.skipped})
    now.means.append(_check(now, recipe))
    now.losses = []


def _check(now: Progress, recipe: Resolved) -> float:
    """The mean loss of the epoch under way."""
    mean = float(torch.stack(now.losses).mean()) if now.losses else 0.0
    if not isfinite(mean):
        raise FloatingPointError(f"loss is {mean} in epoch {len(now.means) + 1} (peak learning rate {recipe.lr})")
    return mean
