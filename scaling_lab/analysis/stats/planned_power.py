"""Statistical power of a plan: the smallest difference of two rules that its seeds and test images would decide."""

from dataclasses import dataclass
from math import sqrt

from scipy.special import stdtrit

from scaling_lab.analysis.stats.contrast import RELIABLE_SEEDS, VarianceTerm, satterthwaite_freedom
from scaling_lab.analysis.stats.looks import FIRST_SHARE
from scaling_lab.analysis.stats.power import POWER

ERROR_RATE = 0.05


@dataclass(frozen=True)
class AssumedNoise:
    """Noise of accuracies that a plan is judged with.

    Attributes:
        seed_deviation: Standard deviation of the test accuracy over seeds, 0 to 1.
        by_image: Variance over test images of the difference of two networks, each averaged over endless seeds.
    """

    seed_deviation: float
    by_image: float


QUIET_NOISE = AssumedNoise(seed_deviation=0.0034, by_image=0.003)
"""Mean variances of the networks and pairs of the committed study rules-reference, on Fashion-MNIST."""
LOUD_NOISE = AssumedNoise(seed_deviation=0.0085, by_image=0.033)
"""Those of cifar10-baselines: four epochs of CIFAR-10."""


def smallest_decided(seeds: int, images: int, pairs: int, networks: int, noise: AssumedNoise) -> float:
    """Return the difference of two rules that is told apart in four of five studies, 0 to 1, at their first look.

    All pairs are taken to be tested at the level of the smallest p value (Bonferroni), so Holm's correction does at
    least as well.

    Args:
        seeds: Seeds of each network, at least `contrast.MIN_SEEDS`.
        images: Number of test images.
        pairs: Pairs that are tested at one budget.
        networks: Networks of the comparison, over which the seed variance is pooled below five seeds.
        noise: Noise of the accuracies.
    """
    level = 1 - FIRST_SHARE * ERROR_RATE / pairs / 2
    term = noise.seed_deviation**2 / seeds
    by_image = VarianceTerm(noise.by_image / images, images - 1)
    ways = [[VarianceTerm(term, seeds - 1), VarianceTerm(term, seeds - 1), by_image]]
    if seeds < RELIABLE_SEEDS:
        ways.append([VarianceTerm(2 * term, networks * (seeds - 1)), by_image])
    return max(_decided(terms, level) for terms in ways)


def _decided(terms: list[VarianceTerm], level: float) -> float:
    freedom = satterthwaite_freedom(terms)
    return float(stdtrit(freedom, level) + stdtrit(freedom, POWER)) * sqrt(sum(term.variance for term in terms))
