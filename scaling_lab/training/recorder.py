"""Measurements at the end of each epoch: held-out accuracy and loss, learning rate, gradient norm, time."""

from collections.abc import Callable
from math import isfinite

import torch
from torch import nn

from scaling_lab.data.loaders import load_evaluation_batches
from scaling_lab.data.streaming.dataset import Dataset, StreamedDataset
from scaling_lab.store.schema import EpochRecord, Point
from scaling_lab.training.distributed import ALONE, ProcessGroup
from scaling_lab.training.evaluate.accuracy import Scores, evaluation_batch_size, score_predictions
from scaling_lab.training.logs import TrainingLog
from scaling_lab.training.lr_schedule import lr_factor
from scaling_lab.training.progress import TrainingProgress
from scaling_lab.training.state import Training


class Recorder:
    """Measures a training at the end of each epoch.

    Args:
        evaluate: Returns how a module classifies the held-out images.
        log: Where the records of all epochs are written.
    """

    def __init__(self, evaluate: Callable[[nn.Module], Scores], log: TrainingLog | None = None) -> None:
        self._evaluate, self._log = evaluate, log

    def record(self, training: Training) -> None:
        """Add the record of the epoch that has just ended to the progress, and write the log.

        No random number is drawn, and the module is left in training mode: the next step is the same as without.
        """
        progress, recipe = training.progress, training.recipe
        held_out = self._evaluate(training.evaluated_module)
        training.module.train()
        progress.epochs.append(
            EpochRecord(
                epoch=len(progress.epoch_losses),
                step=progress.steps,
                lr=recipe.lr * lr_factor(progress.steps - 1, recipe),
                grad_norm=_mean_grad_norm(progress),
                held_out_loss=held_out.loss,
                held_out_accuracy=held_out.accuracy,
                seconds=progress.seconds,
            )
        )
        if self._log:
            self._log.write(progress, recipe)


def held_out_evaluator(point: Point, dataset: Dataset, group: ProcessGroup = ALONE) -> Callable[[nn.Module], Scores]:
    """Return a function that evaluates a module on the held-out images, which are resized once if in memory."""
    network, border = point.network, point.recipe.eval_border
    batch_size = evaluation_batch_size(network)
    if isinstance(dataset, StreamedDataset):
        return lambda module: score_predictions(
            module, load_evaluation_batches(dataset, "held_out", network.side, border, batch_size), dataset, group
        )
    batches = list(load_evaluation_batches(dataset, "held_out", network.side, border, batch_size))
    return lambda module: score_predictions(module, batches, dataset, group)


def _mean_grad_norm(progress: TrainingProgress) -> float | None:
    if len(progress.grad_norms) != len(progress.losses):
        return None  # resumed from a checkpoint of a version that did not record them
    mean = float(torch.stack(progress.grad_norms).mean())
    return mean if isfinite(mean) else None
