"""The networks of the committed reference run learn: held against linear classifiers on the same pictures."""

from pathlib import Path

import pytest
import torch
from torch import nn

from benchmarks.linear_classifier import linear_accuracy
from scaling_lab.config.hyperparameters import resolve_hyperparameters
from scaling_lab.config.registry import build_value, read_yaml
from scaling_lab.data.batches import InMemoryBatches, resize_images
from scaling_lab.data.loaders import load_evaluation_batches
from scaling_lab.data.sets.fashion_mnist import fashion_mnist_10k
from scaling_lab.networks.families.resnet import resnet18_small
from scaling_lab.store.bits import unpack_bits
from scaling_lab.store.results import Store
from scaling_lab.training.evaluate.accuracy import score_predictions
from scaling_lab.training.loop import train
from scaling_lab.training.precision import StepOptions
from scaling_lab.training.state import Training

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def accuracies() -> list[float]:
    """Test accuracies of the reference run at the recipe's learning rate, counted from their bits."""
    store = Store(ROOT / "results" / "rules-reference")
    keys = {entry.key for entry in store.read_plan().entries if entry.question.lr_times == 1}
    results = [result for key, result in store.read_results().results.items() if key in keys]
    return [sum(unpack_bits(result.test_correct, result.test_pictures)) / result.test_pictures for result in results]


def same_recipe(seed: int) -> float:
    """Test accuracy of a linear classifier on the baselines' 20 px, trained by the default recipe."""
    pictures, side = fashion_mnist_10k(), resnet18_small().side
    torch.manual_seed(seed)
    module = nn.Sequential(nn.Flatten(), nn.Linear(side * side, pictures.classes))
    images, labels = resize_images(pictures.train.images, side), torch.tensor(pictures.train.labels)
    recipe = resolve_hyperparameters(build_value("recipe", read_yaml("recipe", "short")), resnet18_small(), len(labels))
    training, batches = (
        Training(module, side, recipe, seed, StepOptions()),
        InMemoryBatches(images, labels, recipe.batch),
    )
    train(training, batches, pictures)
    bits = score_predictions(module, load_evaluation_batches(pictures, "test", side, 0, 500), pictures).correct
    return sum(bits) / len(bits)


def test_every_network_is_above_85_and_points_above_a_linear_classifier_of_the_same_recipe(
    accuracies: list[float],
) -> None:
    linear = max(same_recipe(seed) for seed in (0, 1))  # trained here, and so not to the last bit the same on every CPU
    standard_error = (linear * (1 - linear) / fashion_mnist_10k().test.labels.shape[0]) ** 0.5
    assert len(accuracies) == 35
    assert min(accuracies) >= max(0.85, linear + 2 * standard_error)
    assert sum(accuracies) / len(accuracies) >= linear + 0.04


@pytest.mark.slow
def test_every_network_is_above_a_linear_classifier_tuned_on_held_out_pictures(accuracies: list[float]) -> None:
    assert min(accuracies) > linear_accuracy()[1]
