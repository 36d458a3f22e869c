"""What would settle a difference: against a formula, and against doing it."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import t

from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.stats.power import MAX_EXTRA_SEEDS, POWER, estimate_required_sample
from scaling_lab.analysis.synthetic import make_cells
from scaling_lab.analysis.synthetic_answers import ProbitNoise


@pytest.fixture
def rng():
    return np.random.default_rng(2019)


def sure(share, seeds, name, make_cell, pictures=1000):
    """Pictures are right by seed in blocks that differ: no seed agrees with another about more than it must."""
    ends = np.cumsum([0, *share])
    place = np.arange(pictures)
    return make_cell([(place < low) | (place >= high) for low, high in pairwise(ends)][:seeds], name)


def test_without_pictures_the_formula_of_a_t_test(make_cell):
    a = sure([300, 340, 360], 3, "a", make_cell)
    b = sure([320, 360, 320], 3, "b", make_cell)
    weights = [(a, 0.9), (b, -0.85)]
    value = 0.9 * a.accuracy.mean() - 0.85 * b.accuracy.mean()
    found = estimate_required_sample(weights, 0.05)
    assert found is not None
    at = {n: 0.81 * a.accuracy.var(ddof=1) / n + 0.7225 * b.accuracy.var(ddof=1) / n for n in range(4, MAX_EXTRA_SEEDS)}
    assert estimate_contrast(weights).images.variance == 0
    needed = next(n for n in at if value >= reach(a, b, n) * at[n] ** 0.5)
    assert found.extra_seeds == needed - 3
    assert found.seconds == 24 * found.extra_seeds


def reach(a, b, n):
    x, y = 0.81 * a.accuracy.var(ddof=1) / n, 0.7225 * b.accuracy.var(ddof=1) / n
    freedom = (x + y) ** 2 / ((x**2 + y**2) / (n - 1))
    return t.ppf(0.975, freedom) + t.ppf(POWER, freedom)


def test_fewer_seeds_would_not_do_and_a_stricter_level_needs_more(rng):
    found = make_cells({"a": 0.86, "b": 0.85}, 3, 20_000, rng, ProbitNoise(seed=0.1))
    weights = [(found["a"], 1.0), (found["b"], -1.0)]
    seeds = [estimate_required_sample(weights, alpha).extra_seeds for alpha in (0.05, 0.01, 0.001)]
    assert seeds == sorted(seeds)
    assert seeds[0] < seeds[2]


def test_no_number_of_seeds_helps_against_few_pictures_and_none_of_pictures_against_loud_seeds(rng):
    few = make_cells({"a": 0.855, "b": 0.85}, 10, 500, rng, ProbitNoise(seed=0.01))
    assert estimate_required_sample([(few["a"], 1.0), (few["b"], -1.0)], 0.05).extra_seeds is None
    loud = make_cells({"a": 0.851, "b": 0.85}, 3, 2000, rng, ProbitNoise(seed=0.8))
    assert estimate_required_sample([(loud["a"], 1.0), (loud["b"], -1.0)], 0.05).test_images is None


def test_nothing_to_settle(make_cell, rng):
    a = make_cells({"a": 0.86}, 3, 1000, rng)["a"]
    assert estimate_required_sample([(a, 1.0), (a, -1.0)], 0.05) is None
    assert estimate_required_sample([(make_cell(rng.random((2, 50)) < 0.5), 1.0)], 0.05) is None


def test_paired_needs_fewer_where_seeds_go_together(rng):
    found = make_cells({"a": 0.86, "b": 0.85}, 8, 20_000, rng, ProbitNoise(seed=0.3, correlation=0.95))
    weights = [(found["a"], 1.0), (found["b"], -1.0)]
    alone, paired = estimate_required_sample(weights, 0.001), estimate_required_sample(weights, 0.001, paired=True)
    assert paired.extra_seeds < (alone.extra_seeds or MAX_EXTRA_SEEDS)


def test_as_many_seeds_as_advised_settle_four_of_five(rng):
    """With 40 seeds the advice has hardly any noise of its own."""
    noise = ProbitNoise(seed=0.1, rule=0.3)
    pilot = make_cells({"a": 0.8545, "b": 0.85}, 40, 5000, rng, noise)
    pilot_value = pilot["a"].accuracy.mean() - pilot["b"].accuracy.mean()
    found = estimate_required_sample([(pilot["a"], 1.0), (pilot["b"], -1.0)], 0.01)
    assert found is not None
    assert found.extra_seeds
    apart = []
    for _ in range(60):
        again = make_cells({"a": 0.85 + pilot_value, "b": 0.85}, 40 + found.extra_seeds, 5000, rng, noise)
        apart.append(estimate_contrast([(again["a"], 1.0), (again["b"], -1.0)]).p < 0.01)
    assert 0.62 < np.mean(apart) < 0.95


def test_pictures_are_advised_from_five_seeds_on(make_cell):
    rng = np.random.default_rng(8)
    for seeds, known in ((4, False), (5, True)):
        cells = [make_cell(rng.random((seeds, 3000)) < at, name) for name, at in (("a", 0.86), ("b", 0.87))]
        missing = estimate_required_sample([(cells[1], 1.0), (cells[0], -1.0)], 0.001)
        assert (missing.test_images is not None) is known
