"""What the seeds of several networks say together: pairing, and few seeds held against all."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f
from scipy.stats import t as student

from scaling_lab.analysis.rule_pairs import compare_pairs
from scaling_lab.analysis.stats.contrast import select_seeds
from scaling_lab.analysis.stats.looks import FIRST_SHARE
from scaling_lab.analysis.stats.seed_correlation import correlate_seeds, pool_seed_variance
from scaling_lab.analysis.synthetic import make_cells
from scaling_lab.analysis.synthetic_answers import ProbitNoise


@pytest.fixture
def rng():
    return np.random.default_rng(2019)


def test_seeds_that_go_together_as_a_table_of_two_factors_says(rng):
    cells = list(make_cells(dict.fromkeys("abc", 0.85), 6, 1000, rng, ProbitNoise(seed=0.3, correlation=0.7)).values())
    grid = pd.DataFrame([cell.accuracy for cell in cells]).to_numpy()
    rest = grid - grid.mean(axis=1, keepdims=True) - grid.mean(axis=0) + grid.mean()
    left = (rest**2).sum() / 10
    between = 3 * ((grid.mean(axis=0) - grid.mean()) ** 2).sum() / 5
    pairing = correlate_seeds(cells)
    assert pairing.correlation == pytest.approx((between - left) / (between + 2 * left))
    assert pairing.p == pytest.approx(f.sf(between / left, 5, 10))


def test_pairing_of_two_networks_is_the_test_of_their_sum_and_difference(rng):
    """With two networks F is the ratio of the variances of a seed's sum and difference."""
    a, b = make_cells({"a": 0.85, "b": 0.8}, 6, 1000, rng, ProbitNoise(seed=0.3, correlation=0.7)).values()
    ratio = (a.accuracy + b.accuracy).var() / (a.accuracy - b.accuracy).var()
    assert correlate_seeds([a, b]).p == pytest.approx(f.sf(ratio, 5, 5))


def test_pairing_needs_networks_and_seeds_in_common(rng):
    cells = make_cells({"a": 0.85, "b": 0.85}, 6, 500, rng)
    a, b = cells["a"], cells["b"]
    assert correlate_seeds([a]) is None
    assert correlate_seeds([a, a]) is None
    assert correlate_seeds([select_seeds(a, (0, 1, 2, 3)), select_seeds(b, (2, 3, 4, 5))]) is None
    assert correlate_seeds([select_seeds(a, (0, 1, 2)), select_seeds(b, (0, 1, 2))]) is not None


def test_seeds_are_paired_where_they_go_together_and_only_there(rng):
    together, alone = ProbitNoise(seed=0.3, correlation=0.95), ProbitNoise(seed=0.3)
    used = []
    for noise in (together, alone):
        rules = make_cells(dict.fromkeys("abcd", 0.85), 6, 2000, rng, noise)
        pairs, pairing = compare_pairs({rule: [(cell, 1.0)] for rule, cell in rules.items()})
        used.append(pairing.is_significant)
        assert all(len(pair.estimate.seeds) == (1 if pairing.is_significant else 2) for pair in pairs)
    assert used == [True, False]


def bits(right, pictures=400):
    """Seeds that get the first so many pictures right."""
    return [[picture < count for picture in range(pictures)] for count in right]


def test_few_seeds_that_agree_by_chance_are_held_against_the_others(make_cell):
    """Two seeds differ by one picture, those of three other rules by dozens: Welch alone would name a winner."""
    orders = {"c": (300, 320, 340), "d": (340, 300, 320), "e": (320, 340, 300)}
    loud = {name: make_cell(bits(order), name) for name, order in orders.items()}
    quiet = {"a": make_cell(bits((330, 330, 331)), "a"), "b": make_cell(bits((290, 291, 290)), "b")}
    pairs, _ = compare_pairs({rule: [(cell, 1.0)] for rule, cell in (quiet | loud).items()})
    pair = next(pair for pair in pairs if {pair.first, pair.second} == {"a", "b"})
    assert 10 * pair.estimate.p < 0.05
    variance = 2 / 3 * sum(np.var(cell.accuracy, ddof=1) for cell in (quiet | loud).values()) / 5
    pictures = pair.estimate.images.variance
    freedom = (variance + pictures) ** 2 / (variance**2 / 10 + pictures**2 / 399)
    together = 2 * student.sf(pair.difference / np.sqrt(variance + pictures), freedom)
    assert pair.p >= together > 10 * pair.estimate.p
    assert not pair.is_significant


def test_a_collapsed_seed_of_a_third_rule_leaves_the_other_pairs_alone(make_cell):
    rng = np.random.default_rng(1)

    def right(counts, name):
        return make_cell([rng.permutation(2000) < count for count in counts], name)

    learned = {"good": right((1760, 1764, 1756), "good"), "mid": right((1700, 1704, 1696), "mid")}
    for third in ((1650, 1654, 1646), (1650, 1654, 200)):
        rules = learned | {"third": right(third, "third")}
        pairs, _ = compare_pairs({rule: [(cell, 1.0)] for rule, cell in rules.items()})
        (pair,) = [pair for pair in pairs if {pair.first, pair.second} == {"good", "mid"}]
        assert pair.p < 0.02
        assert pool_seed_variance(list(rules.values())).freedom == (4 if 200 in third else 6)


def test_pooled_variance_is_the_mean_without_outliers(make_cell):
    counts = {"a": (300, 310, 320), "b": (300, 320, 340), "c": (320, 330, 340)}
    cells = [make_cell(bits(own), name) for name, own in counts.items()]
    pooled = pool_seed_variance(cells)
    assert pooled.variance == pytest.approx(np.mean([cell.accuracy.var(ddof=1) for cell in cells]))
    assert pooled.freedom == 6
    agreeing = [make_cell(bits((300,) * 3), name) for name in "de"]
    assert pool_seed_variance([*agreeing, cells[0]]).variance == 0


def test_from_five_seeds_on_a_network_stands_for_itself(make_cell):
    orders = {"c": (300, 310, 320, 330, 340), "d": (340, 300, 330, 310, 320), "e": (320, 340, 310, 330, 300)}
    loud = {name: make_cell(bits(order), name) for name, order in orders.items()}
    quiet = {"a": make_cell(bits((330,) * 4 + (331,)), "a"), "b": make_cell(bits((290, 291, 290, 290, 290)), "b")}
    pairs, _ = compare_pairs({rule: [(cell, 1.0)] for rule, cell in (quiet | loud).items()})
    pair = next(pair for pair in pairs if {pair.first, pair.second} == {"a", "b"})
    assert pair.is_significant
    assert pair.p == pytest.approx(10 * pair.estimate.p / FIRST_SHARE)


def test_paired_few_seeds_are_held_against_what_is_left_of_all(make_cell):
    """Seeds rise together by dozens of pictures; what is left is one picture, and that is what decides."""
    rises = (0, 30, 60, 90)
    rules = {
        name: make_cell(bits([200 + own + rise + (seed == place) for seed, rise in enumerate(rises)]), name)
        for place, (name, own) in enumerate({"a": 20, "b": 10, "c": 0}.items())
    }
    pairs, pairing = compare_pairs({rule: [(cell, 1.0)] for rule, cell in rules.items()})
    assert pairing.is_significant
    assert pool_seed_variance(list(rules.values())).variance > 100 * pairing.residual.variance
    assert all(pair.is_significant for pair in pairs)
