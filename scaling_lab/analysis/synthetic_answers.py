"""Random answers of networks with known accuracies, in several shapes of noise.

Each shape draws whether a seed (row) classifies an image (column) correctly, for several networks that are tested on
the same images. Over all seeds and images a network has the requested accuracy. The defaults match the small
networks of `results/rules-reference` (`python benchmarks/coverage.py --section committed`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Answers = NDArray[np.bool_]


class AnswerNoise(Protocol):
    """A shape of noise."""

    def draw_answers(
        self, accuracies: Sequence[float], seeds: int, images: int, rng: np.random.Generator
    ) -> list[Answers]:
        """Draw the answers of each network, shape (seeds, images)."""
        ...


@dataclass(frozen=True)
class ProbitNoise:
    """Normal noise. A seed classifies an image correctly if threshold + u(seed) + g(image) + h(network, image) + e > 0.

    All terms are normal, e with variance 1. Over all seeds and images this has the probability
    Phi(threshold / sqrt(1 + u^2 + g^2 + h^2)).

    Attributes:
        seed: Standard deviation of u.
        image: Of g.
        rule: Of h.
        correlation: Correlation of one seed's u between networks.
        cluster: Number of successive images that share g and h.
        first_seed: Standard deviation of u in the first network; None: as in the others.
    """

    seed: float = 0.04
    image: float = 3.0
    rule: float = 0.3
    correlation: float = 0.0
    cluster: int = 1
    first_seed: float | None = None

    def draw_answers(
        self, accuracies: Sequence[float], seeds: int, images: int, rng: np.random.Generator
    ) -> list[Answers]:
        """Draw the answers of each network, shape (seeds, images)."""
        difficulty = self._draw_by_image(self.image, images, rng)
        shared = rng.normal(0, 1, seeds)
        answers = []
        for place, accuracy in enumerate(accuracies):
            loudness = self.first_seed if self.first_seed is not None and place == 0 else self.seed
            scale = np.sqrt(1 + loudness**2 + self.image**2 + self.rule**2)
            separate = rng.normal(0, 1, seeds)
            by_seed = loudness * (np.sqrt(self.correlation) * shared + np.sqrt(1 - self.correlation) * separate)
            own = self._draw_by_image(self.rule, images, rng)
            answers.append(_draw_probit(by_seed, float(ndtri(accuracy)) * scale + difficulty + own, rng))
        return answers

    def _draw_by_image(self, deviation: float, images: int, rng: np.random.Generator) -> NDArray[np.float64]:
        return _repeat_by_cluster(rng.normal(0, deviation, _count_clusters(images, self.cluster)), self.cluster, images)


@dataclass(frozen=True)
class BetaNoise:
    """Images with beta-distributed probabilities: most are easy, some hopeless, few in between.

    A seed's accuracy deviates from its network's by a normal or heavy-tailed term, which moves each probability p in
    proportion to p (1 - p).

    Attributes:
        seed: Standard deviation of the seeds' deviation; with heavy tails its scale.
        concentration: Sum of the two parameters of the beta distribution.
        rule: Probability with which an image's probability is drawn anew for a network.
        tails: Degrees of freedom of Student's t, from which the seeds' deviations are drawn; None: normal.
        cluster: Number of successive images with the same probabilities.
    """

    seed: float = 0.0027
    concentration: float = 0.47
    rule: float = 0.011
    tails: float | None = None
    cluster: int = 1

    def draw_answers(
        self, accuracies: Sequence[float], seeds: int, images: int, rng: np.random.Generator
    ) -> list[Answers]:
        """Draw the answers of each network, shape (seeds, images)."""
        mean = float(np.mean(accuracies))
        parameters = self.concentration * mean, self.concentration * (1 - mean)
        count = _count_clusters(images, self.cluster)
        common = rng.beta(*parameters, count)
        slope = (self.concentration + 1) / (self.concentration * mean * (1 - mean))  # 1 / mean of p (1 - p)
        answers = []
        for accuracy in accuracies:
            own = np.where(rng.random(count) < self.rule, rng.beta(*parameters, count), common)
            by_image = _repeat_by_cluster(own, self.cluster, images)
            drawn = rng.standard_normal(seeds) if self.tails is None else rng.standard_t(self.tails, seeds)
            moved = (accuracy - mean + self.seed * drawn) * slope
            probability = by_image + moved[:, None] * (by_image * (1 - by_image))
            answers.append(rng.random((seeds, images)) < probability)
        return answers


@dataclass(frozen=True)
class CollapsingSeeds:
    """Another noise, in which some seeds do not learn, so that the mean accuracy of their network falls.

    Attributes:
        noise: The noise of the other seeds.
        rate: Probability with which a seed collapses.
        accuracy: Accuracy of a collapsed seed.
        networks: Number of networks with collapsing seeds, from the first; None: all.
    """

    noise: AnswerNoise
    rate: float = 0.1
    accuracy: float = 0.1
    networks: int | None = None

    def draw_answers(
        self, accuracies: Sequence[float], seeds: int, images: int, rng: np.random.Generator
    ) -> list[Answers]:
        """Draw the answers of each network, shape (seeds, images)."""
        answers = self.noise.draw_answers(accuracies, seeds, images, rng)
        for correct in answers[: self.networks]:
            collapsed = rng.random(seeds) < self.rate
            correct[collapsed] = rng.random((int(collapsed.sum()), images)) < self.accuracy
        return answers


def _draw_probit(by_seed: NDArray[np.float64], by_image: NDArray[np.float64], rng: np.random.Generator) -> Answers:
    """Draw with probability Phi(by_seed + by_image), which is evaluated only if worst and best seed would differ."""
    uniform = rng.random((len(by_seed), len(by_image)))
    correct: Answers = uniform < ndtr(by_image + by_seed.min())
    undecided = np.flatnonzero(correct != (uniform < ndtr(by_image + by_seed.max())))
    seed, image = np.unravel_index(undecided, correct.shape)
    correct[seed, image] = uniform[seed, image] < ndtr(by_image[image] + by_seed[seed])
    return correct


def _count_clusters(images: int, cluster: int) -> int:
    return -(-images // cluster)


def _repeat_by_cluster(values: NDArray[np.float64], cluster: int, images: int) -> NDArray[np.float64]:
    return np.repeat(values, cluster)[:images] if cluster > 1 else values
