"""Evaluation of a point's stored weights on the test part of a dataset."""

import torch

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.hyperparameters import with_regularization
from scaling_lab.data.loaders import load_evaluation_batches
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.errors import UserError
from scaling_lab.store.schema import Point
from scaling_lab.training.device import prepare_device
from scaling_lab.training.evaluate.accuracy import Scores, evaluation_batch_size, score_predictions
from scaling_lab.training.evaluate.latency import measure_latency
from scaling_lab.training.module import build_module
from scaling_lab.training.weights import WeightsFile


def evaluate_stored(
    point: Point, weights: WeightsFile, dataset: Dataset, device: str = "cpu", with_latency: bool = False
) -> tuple[Scores, float | None]:
    """Return how the weights that the result was measured with classify the test images, and their latency.

    One thread is used, as in training, and images are normalized as in training, so that the same images on the same
    kind of device give the same answers.

    Args:
        point: Point of the weights.
        weights: Their file.
        dataset: Dataset whose test part is evaluated.
        device: "cpu", or one GPU such as "cuda:0".
        with_latency: Whether the latency of one image is measured too.

    Raises:
        UserError: The weights cannot be read, or the dataset has other classes or channels than the network.
    """
    torch.set_num_threads(1)
    network, recipe = point.network, point.recipe
    trained = weights.read_metadata()
    if (dataset.classes, dataset.channels) != (network.classes, network.channels):
        raise UserError(
            f"dataset {dataset.name} has {dataset.classes} classes and {dataset.channels} channels; the network of "
            f"{point.key} has {network.classes} and {network.channels}"
        )
    if trained.class_names and dataset.class_names and trained.class_names != dataset.class_names:
        raise UserError(
            f"dataset {dataset.name} has the classes {_named(dataset.class_names)}; {point.key} was trained on "
            f"{_named(trained.class_names)}"
        )
    module = build_module(with_regularization(network, recipe)).to(prepare_device(ExecutionOptions(device=device)))
    weights.load_into(module, trained.is_averaged)
    batches = load_evaluation_batches(dataset, "test", network.side, recipe.eval_border, evaluation_batch_size(network))
    scores = score_predictions(module, batches, trained.normalizer(network.classes))
    return scores, measure_latency(module, network) if with_latency else None


def _named(names: tuple[str, ...]) -> str:
    return ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
