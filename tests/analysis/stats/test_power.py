"""Seeds that would decide: against a formula, against doing it, and what the noise of the results leaves open."""

import numpy as np
import pytest
from scipy.stats import chi2, t

from scaling_lab.analysis.rule_pairs import compare_pairs
from scaling_lab.analysis.stats.contrast import VarianceTerm, estimate_contrast
from scaling_lab.analysis.stats.power import MAX_EXTRA_SEEDS, POWER, RANGE_CONFIDENCE, estimate_required_seeds
from scaling_lab.analysis.synthetic import make_cells
from scaling_lab.analysis.synthetic_answers import ProbitNoise
from scaling_lab.analysis.verdict_options import VerdictOptions

ALPHA = 0.01
DELTA = 0.03
TAIL = (1 - RANGE_CONFIDENCE) / 2


@pytest.fixture
def rng():
    return np.random.default_rng(2019)


def required(weights, delta=DELTA, alpha=ALPHA, paired=False, pooled=None):
    return estimate_required_seeds(weights, estimate_contrast(weights, paired), delta, alpha, paired, pooled)


def welch(seeds, variances, factor):
    """Standard error and degrees of freedom of a difference of two means."""
    parts = [factor * variance / seeds for variance in variances]
    return sum(parts) ** 0.5, sum(parts) ** 2 / sum(part**2 / (seeds - 1) for part in parts)


def test_without_test_images_the_formula_of_a_t_test(make_cell, rng):
    """Networks that answer all of two images alike by seed: nothing but the seeds' accuracies varies."""
    answers = np.repeat(rng.random((6, 1)) < 0.5, 50, axis=1)
    cells = [make_cell(answers, "a"), make_cell(~answers, "b")]
    weights = [(cell, weight) for cell, weight in zip(cells, (0.1, -0.1), strict=True)]
    variances = [0.01 * cell.accuracy.var(ddof=1) for cell in cells]
    estimate = estimate_contrast(weights)
    assert estimate.images.variance == 0
    required_seeds = required(weights)
    for end, tail in (("low", 1 - TAIL), ("high", TAIL)):
        factor = estimate.freedom / chi2.ppf(tail, estimate.freedom)
        for ranges, level, power in (
            (required_seeds.apart, 1 - ALPHA / 2, POWER),
            (required_seeds.alike, 1 - ALPHA, (1 + POWER) / 2),
        ):

            def is_enough(seeds, factor=factor, level=level, power=power):
                error, freedom = welch(seeds, variances, factor)
                return (t.ppf(level, freedom) + t.ppf(power, freedom)) * error <= DELTA

            expected = next((n for n in range(1, MAX_EXTRA_SEEDS + 1) if is_enough(6 + n)), None)
            assert getattr(ranges, end) == expected
    assert required_seeds.apart.low < required_seeds.apart.high


def test_more_noise_stricter_levels_and_smaller_differences_need_more_seeds(rng):
    made = make_cells({"a": 0.86, "b": 0.85}, 5, 20_000, rng, ProbitNoise(seed=0.1))
    weights = [(made["a"], 1.0), (made["b"], -1.0)]
    seeds = [required(weights, delta=0.02, alpha=alpha).apart.high for alpha in (0.05, 0.01, 0.001)]
    assert seeds == sorted(set(seeds))
    seeds = [required(weights, delta=delta).alike.high for delta in (0.03, 0.02, 0.015)]
    assert seeds == sorted(set(seeds))


def test_no_number_of_seeds_helps_against_few_images(rng):
    few = make_cells({"a": 0.855, "b": 0.85}, 10, 500, rng, ProbitNoise(seed=0.01, rule=1.0))
    required_seeds = required([(few["a"], 1.0), (few["b"], -1.0)], delta=0.005)
    assert (required_seeds.apart.low, required_seeds.apart.high, required_seeds.alike.low) == (None, None, None)
    assert required_seeds.seconds == 24


def test_the_pooled_variance_counts_below_five_seeds(rng):
    made = make_cells({"a": 0.86, "b": 0.85}, 3, 20_000, rng, ProbitNoise(seed=0.02))
    weights = [(made["a"], 1.0), (made["b"], -1.0)]
    alone, pooled = (required(weights, delta=0.1, pooled=pooled) for pooled in (None, VarianceTerm(1e-3, 10)))
    assert alone.apart.high == 1
    assert pooled.apart.high == 2  # five seeds, from which on the pair's own variance decides alone


def test_paired_seeds_need_fewer_where_they_are_correlated(rng):
    made = make_cells({"a": 0.86, "b": 0.85}, 8, 20_000, rng, ProbitNoise(seed=0.3, correlation=0.95))
    weights = [(made["a"], 1.0), (made["b"], -1.0)]
    alone, paired = (required(weights, alpha=0.001, paired=paired) for paired in (False, True))
    assert paired.apart.high < (alone.apart.high or MAX_EXTRA_SEEDS)


def test_as_many_seeds_as_required_decide_four_of_five(rng):
    """With 40 seeds the range is narrow; studies of its middle are repeated with and without a difference."""
    noise = ProbitNoise(seed=0.1, rule=0.1)
    pilot = make_cells({"a": 0.85, "b": 0.85}, 40, 5000, rng, noise)
    delta = 0.004
    required_seeds = required([(pilot["a"], 1.0), (pilot["b"], -1.0)], delta, 0.05)
    for ranges, difference, verdict in (
        (required_seeds.apart, delta, "is_significant"),
        (required_seeds.alike, 0.0, "is_alike"),
    ):
        seeds, decided = 40 + round((ranges.low + ranges.high) / 2), []
        for _ in range(60):
            again = make_cells({"a": 0.85 + difference, "b": 0.85}, seeds, 5000, rng, noise)
            candidates = {rule: [(cell, 1.0)] for rule, cell in again.items()}
            ((pair,), _) = compare_pairs(candidates, VerdictOptions(delta=delta))
            decided.append(getattr(pair, verdict))
        assert 0.62 < np.mean(decided) < 0.95
