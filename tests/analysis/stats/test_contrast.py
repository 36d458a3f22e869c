"""Differences with their uncertainty: against scipy where pictures play no part, against repetition where they do."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import ttest_ind, ttest_rel

from scaling_lab.analysis.stats.contrast import (
    VarianceTerm,
    estimate_contrast,
    merge_cells,
    satterthwaite_freedom,
    select_seeds,
)
from scaling_lab.analysis.synthetic import make_cells
from scaling_lab.analysis.synthetic_answers import ProbitNoise


def each_wrong_once(make_cell, wrong, name):
    """Every picture is wrong for one seed, so that pictures do not differ; seeds do: by how many are wrong for them."""
    ends = np.cumsum([0, *wrong])
    pictures = np.arange(ends[-1])
    return make_cell([(pictures < low) | (pictures >= high) for low, high in pairwise(ends)], name)


def test_without_pictures_it_is_welch(make_cell):
    a = each_wrong_once(make_cell, [300, 340, 360], "a")
    b = each_wrong_once(make_cell, [200, 270, 260, 270], "b")
    estimate = estimate_contrast([(a, 1.0), (b, -1.0)])
    expected = ttest_ind(a.accuracy, b.accuracy, equal_var=False)
    assert estimate.images.variance == 0
    assert estimate.interval() == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert estimate.interval(0.8) == pytest.approx(tuple(expected.confidence_interval(0.8)))
    assert (estimate.p, estimate.freedom) == pytest.approx((expected.pvalue, expected.df))


def test_paired_without_pictures_is_students_test_of_differences(make_cell):
    a = each_wrong_once(make_cell, [300, 340, 360], "a")
    b = each_wrong_once(make_cell, [310, 330, 360], "b")
    estimate = estimate_contrast([(a, 1.0), (b, -1.0)], paired=True)
    assert estimate.p == pytest.approx(ttest_rel(a.accuracy, b.accuracy).pvalue)


def test_welch_is_scipys_for_any_images(rng):
    cells = make_cells({"a": 0.9, "b": 0.85}, 4, 500, rng)
    expected = ttest_ind(cells["a"].accuracy, cells["b"].accuracy, equal_var=False).confidence_interval(0.95)
    estimate = estimate_contrast([(cells["a"], 1.0), (cells["b"], -1.0)])
    assert estimate.welch_interval() == pytest.approx(tuple(expected))
    assert estimate.images.variance > 0


def test_variances_are_those_of_the_two_way_table(make_cell, rng):
    """Against sums over the whole table, written out."""
    bits = rng.random((4, 60)) < rng.random(60)
    cell = make_cell(bits)
    by_seed, by_picture, grand_mean = bits.mean(axis=1), bits.mean(axis=0), bits.mean()
    rest = bits - by_seed[:, None] - by_picture[None] + grand_mean
    interaction = (rest**2).sum() / (3 * 59)
    mean_square = 4 * ((by_picture - grand_mean) ** 2).sum() / 59
    estimate = estimate_contrast([(cell, 1.0)])
    assert cell.variance_components.interaction == pytest.approx(interaction)
    assert estimate.interaction == pytest.approx(interaction / 4)
    assert estimate.images.variance == pytest.approx((mean_square - interaction) / 4 / 60)
    seeds = by_seed.var(ddof=1) / 4, 3
    assert [(term.variance, term.freedom) for term in estimate.observed_seeds] == [pytest.approx(seeds)]
    assert [(term.variance, term.freedom) for term in estimate.seeds] == [
        pytest.approx(seeds if seeds[0] > interaction / 240 else (interaction / 240, 3 * 59))
    ]


def test_seeds_that_agree_by_chance_have_the_variance_of_chance(make_cell, rng):
    """Three seeds with 1800, 1800 and 1801 right answers against 1760 each, at random places."""

    def right(counts, name):
        return make_cell([rng.permutation(2000) < count for count in counts], name)

    a, b = right((1800, 1800, 1801), "a"), right((1760, 1760, 1760), "b")
    estimate = estimate_contrast([(a, 1.0), (b, -1.0)])
    chance = [share * (1 - share) / 2000 / 3 for share in (0.9, 0.88)]
    assert [term.variance for term in estimate.seeds] == pytest.approx(chance, rel=0.05)
    assert [term.freedom for term in estimate.seeds] == [2 * 1999, 2 * 1999]
    low, high = estimate.interval()
    assert high - low == pytest.approx(2 * 1.96 * sum(chance) ** 0.5, rel=0.05)
    assert np.subtract(*estimate.welch_interval()) == pytest.approx(0, abs=0.002)


def test_equal_counts_at_different_images_have_an_interval(make_cell, rng):
    a, b = (make_cell([rng.permutation(2000) < n for _ in range(3)], str(n)) for n in (1800, 1700))
    estimate = estimate_contrast([(a, 1.0), (b, -1.0)])
    low, high = estimate.interval()
    assert 0 < low < 0.05 < high < 0.1
    assert np.isnan(estimate.welch_interval()).all()


def test_the_interaction_of_paired_seeds_is_that_of_their_differences(make_cell, rng):
    """Two networks whose seeds answer every image alike except for one image have almost no interaction left."""
    bits = rng.random((4, 500)) < 0.8
    other = bits.copy()
    other[0, 0] ^= True
    a, b = make_cell(bits, "a"), make_cell(other, "b")
    alone, paired = (estimate_contrast([(a, 1.0), (b, -1.0)], paired) for paired in (False, True))
    differences = bits.astype(float) - other
    rest = differences - differences.mean(axis=0) - differences.mean(axis=1, keepdims=True) + differences.mean()
    assert paired.interaction == pytest.approx((rest**2).sum() / (3 * 499) / 4)
    assert paired.interaction < 0.01 * alone.interaction


@pytest.mark.parametrize("together", [0.0, 0.8])
def test_variance_is_that_of_repetitions(rng, together):
    values, errors = [], []
    for _ in range(1000):
        cells = make_cells({"a": 0.85, "b": 0.85}, 4, 400, rng, ProbitNoise(seed=0.15, correlation=together))
        estimate = estimate_contrast([(cells["a"], 1.0), (cells["b"], -1.0)], paired=together > 0)
        if estimate:  # on so few pictures all four differences are the same once in a thousand studies
            values.append(estimate.value)
            errors.append(sum(term.variance for term in (*estimate.observed_seeds, estimate.images)))
    assert len(values) > 980
    assert np.mean(errors) == pytest.approx(np.var(values), rel=0.15)


def test_a_network_against_itself_is_no_contrast(rng):
    a = make_cells({"a": 0.9}, 4, 500, rng)["a"]
    assert estimate_contrast([(a, 1.0), (a, -1.0)]) is None
    assert estimate_contrast([]) is None


def test_two_seeds_or_none_that_differ_have_no_estimate(make_cell, rng):
    bits = rng.random((2, 100)) < 0.9
    assert estimate_contrast([(make_cell(bits), 1.0)]) is None
    assert estimate_contrast([(make_cell(np.repeat(bits[:1], 5, axis=0)), 1.0)]) is None


def test_weights_of_one_network_are_added(rng):
    cells = make_cells({"a": 0.9, "b": 0.85}, 4, 500, rng)
    a, b = cells["a"], cells["b"]
    assert merge_cells([(a, 0.5), (b, -1.0), (a, 0.5)]) == [(a, 1.0), (b, -1.0)]
    assert estimate_contrast([(a, 0.25), (a, 0.75), (b, -1.0)]) == estimate_contrast([(a, 1.0), (b, -1.0)])


def test_a_network_between_two(rng):
    cells = make_cells({"a": 0.9, "b": 0.86, "c": 0.85}, 4, 500, rng)
    a, b, c = cells["a"], cells["b"], cells["c"]
    estimate = estimate_contrast([(a, 0.25), (b, 0.75), (c, -1.0)])
    assert estimate.value == pytest.approx(
        0.25 * a.accuracy.mean() + 0.75 * b.accuracy.mean() - c.accuracy.mean(), abs=1e-12
    )
    shares = [weight**2 * cell.accuracy.var(ddof=1) / 4 for cell, weight in ((a, 0.25), (b, 0.75), (c, 1.0))]
    assert [term.variance for term in estimate.observed_seeds] == pytest.approx(shares)


def test_paired_takes_the_seeds_that_all_have(rng):
    cells = make_cells({"a": 0.9, "b": 0.85}, 6, 500, rng, ProbitNoise(seed=0.1, correlation=0.9))
    a, b = cells["a"], select_seeds(cells["b"], (4, 2, 1, 5))
    by_seed = a.accuracy[[1, 2, 4, 5]] - cells["b"].accuracy[[1, 2, 4, 5]]
    estimate = estimate_contrast([(a, 1.0), (b, -1.0)], paired=True)
    assert estimate.observed_seeds[0].variance == pytest.approx(by_seed.var(ddof=1) / 4)
    assert estimate.value == pytest.approx(by_seed.mean())


def test_degrees_of_freedom():
    assert satterthwaite_freedom([VarianceTerm(2.0, 4)]) == 4
    assert satterthwaite_freedom([VarianceTerm(1.0, 4), VarianceTerm(1.0, 4)]) == 8
    assert satterthwaite_freedom([VarianceTerm(1.0, 4), VarianceTerm(0.0, 1)]) == 4


@pytest.fixture
def rng():
    return np.random.default_rng(2019)
