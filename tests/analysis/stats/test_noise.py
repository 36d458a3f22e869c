"""Draws of noise against the terms of `contrast`, and what a mean counts in a fit."""

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.curves.budgets import collect_curve_points
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.stats.noise import PRIOR_FREEDOM, compute_fit_weights, draw_noise, explain_unknown_noise
from scaling_lab.analysis.synthetic_answers import ProbitNoise

LAW = {"compound": (0.05, 0.07, 0.5)}


def cells(table):
    return [arm.cell for arm in collect_evidence(table).arms]


def test_a_difference_of_draws_has_the_error_that_contrast_gives(synthetic_curves):
    first, last = own = cells(synthetic_curves(LAW, (1, 2), seeds=30))
    draws = draw_noise(own, 20_000)
    estimate = estimate_contrast([(last, 1.0), (first, -1.0)])
    by_cells = draws.select_cells([last, first])
    assert (by_cells[:, 0] - by_cells[:, 1]).std() == pytest.approx(estimate.standard_error, rel=0.06)
    (alone,) = (estimate_contrast([(last, 1.0)]),)
    assert by_cells[:, 0].std() == pytest.approx(alone.standard_error, rel=0.06)
    assert draws.common_image_shift == pytest.approx(draws.by_images.mean(axis=1))
    assert (draw_noise(own, 5).by_seeds == draw_noise(own, 5).by_seeds).all()


def test_few_seeds_have_heavier_tails_than_the_normal(synthetic_curves):
    shifts = draw_noise(cells(synthetic_curves(LAW, (1, 2), seeds=3, noise=ProbitNoise(seed=0.5))), 20_000).by_seeds
    inside, outside = np.quantile(np.abs(shifts), [0.5, 0.95], axis=0)
    assert outside / inside == pytest.approx(4.303 / 0.816, rel=0.1)


def test_seeds_that_agree_by_chance_are_drawn_with_the_variance_of_chance(make_cell):
    rng = np.random.default_rng(3)
    own = [make_cell([rng.permutation(1000) < 800 for _ in range(3)], name) for name in "ab"]
    shifts = draw_noise(own, 20_000).by_seeds
    assert shifts.std(axis=0) == pytest.approx((0.8 * 0.2 / 1000 / 3) ** 0.5, rel=0.1)
    assert compute_fit_weights(own) == pytest.approx([1, 1], rel=0.1)


def test_weights_are_inverse_variances_drawn_to_the_pooled_one(synthetic_curves):
    own = cells(synthetic_curves(LAW, seeds=4))
    squares = np.array([cell.accuracy.var(ddof=1) for cell in own])
    chance = [cell.variance_components.interaction / cell.test_images for cell in own]
    expected = 1 / np.maximum(chance, (3 * squares + PRIOR_FREEDOM * squares.mean()) / (3 + PRIOR_FREEDOM))
    assert compute_fit_weights(own) == pytest.approx(expected / expected.mean())


def test_weights_without_spread_are_numbers_of_seeds(synthetic_curves):
    table = synthetic_curves(LAW, (1, 2), seeds=1)
    assert compute_fit_weights(cells(table)) == pytest.approx([1, 1])
    assert draw_noise(cells(table)) is None
    assert explain_unknown_noise([]) == "there is no network"


def test_the_baseline_is_the_one_with_most_seeds(synthetic_curves):
    table = synthetic_curves(LAW)
    few = table[(table["times_flops"] == 1) & (table["seed"] < 3)].assign(rule="few")
    for both in (pd.concat([few, table]), pd.concat([table, few])):
        for points, _ in collect_curve_points(collect_evidence(both).arms).values():
            assert len(points[0].cell.seeds) == 5
