"""A network trained with several seeds: its answers to the test images, its costs, and the variance of its answers."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.metrics import ACCURACY, Metric


@dataclass(frozen=True)
class VarianceComponents:
    """Variance of a network's answers, from a two-way layout of seeds and test images.

    Attributes:
        seed_count: Number of seeds.
        variance: Variance of the seeds' accuracies.
        interaction: Variance of the interaction of seed and image.
        by_image: Mean over seeds for each image, or each cluster of images (`Cell.answers`).
    """

    seed_count: int
    variance: float
    interaction: float
    by_image: FloatArray

    @property
    def chance(self) -> float:
        """Least variance that the seeds' accuracies can have in expectation: the interaction's part in it."""
        return self.interaction / len(self.by_image)


@dataclass(frozen=True, eq=False)
class Cell:
    """One network, trained with one or more seeds.

    Attributes:
        keys: Keys of the points, one per seed.
        seeds: Seeds, rising.
        test_images: Number of test images; None if unknown, which needs `scores`.
        packed: Packed bits of the correctly classified test images, uint8 of shape (seeds, bytes).
        held_out_accuracy: Accuracy on the held-out images, 0 to 1, shape (seeds,).
        costs: Value by name (see `evidence.COST_NAMES`); times are medians over seeds. Costs that were not
            measured are absent.
        obtained: Values of `obtained_scaling.OBTAINED_COLUMNS`.
        point_seconds: Mean duration of one point, in seconds; NaN if unknown.
        cost_ratios: Largest over smallest value among the seeds, by name of the cost.
        waiting: Keys of its planned points that have neither a result nor failed.
        clusters: Cluster of each test image, numbers from 0 on; None if images are independent draws.
        metric: The measurement by which networks are compared.
        scores: Score of each seed by a metric without answers to each image; None where there are answers. Then
            `accuracy` is the score, and `correct` has it in the place of two images, which leaves the variance due to
            seeds alone.
        epochs: Epochs of the training; None if unknown.
        dataset_fingerprint: Digest of the dataset, which decides the test images; None if unknown.
    """

    keys: tuple[str, ...]
    seeds: tuple[int, ...]
    test_images: int | None
    packed: NDArray[np.uint8]
    held_out_accuracy: FloatArray
    costs: dict[str, float]
    obtained: dict[str, float]
    point_seconds: float
    cost_ratios: dict[str, float] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()
    clusters: NDArray[np.int64] | None = None
    metric: Metric = ACCURACY
    scores: FloatArray | None = None
    epochs: int | None = None
    dataset_fingerprint: str | None = None

    @cached_property
    def correct(self) -> NDArray[Any]:
        """1 where a seed (row) classified a test image (column) correctly."""
        if self.scores is not None:
            return np.stack([self.scores, self.scores], axis=1)
        return np.unpackbits(self.packed, axis=1, count=self.test_images)

    @cached_property
    def accuracy(self) -> FloatArray:
        """Test accuracy of each seed, 0 to 1."""
        by_seed: FloatArray = self.correct.mean(axis=1)
        return by_seed

    @cached_property
    def answers(self) -> NDArray[Any]:
        """What a seed (row) contributes to its accuracy for each independent draw (column): an image, or a cluster.

        The mean of a row is the seed's accuracy. A cluster has the seed's accuracy, plus its right answers less those
        expected of as many images, in parts of the images of a mean cluster.
        """
        if self.clusters is None:
            return self.correct
        sizes = np.bincount(self.clusters)
        right = np.stack([np.bincount(self.clusters, weights=row, minlength=len(sizes)) for row in self.correct])
        expected = self.accuracy[:, None]
        return expected + (right - expected * sizes) * len(sizes) / len(self.clusters)

    @cached_property
    def variance_components(self) -> VarianceComponents:
        """Variance components; needs at least two seeds."""
        return measure_variance(self.answers)


def measure_variance(answers: NDArray[Any]) -> VarianceComponents:
    """Return the variance components of answers of shape (seeds, draws), with at least two seeds and two draws."""
    seeds, count = answers.shape
    variance = float(answers.mean(axis=1).var(ddof=1))
    by_image = answers.mean(axis=0)
    within = float((np.square(answers).mean(axis=0) - by_image**2).mean()) * seeds / (seeds - 1)
    return VarianceComponents(seeds, variance, max(0.0, within - variance) * count / (count - 1), by_image)
