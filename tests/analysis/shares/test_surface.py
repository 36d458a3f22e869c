"""The triangle of shares against known surfaces: best point, region, differences, lack of fit, and refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import binom

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.shares.fit_surfaces import fit_surfaces
from scaling_lab.analysis.shares.triangle import (
    KNOWN_SHARES,
    find_peaks,
    is_within_hull,
    make_lattice,
    share_point,
    surface_terms,
)
from scaling_lab.analysis.text.shares import describe_surface

BEST = (0.3, 0.3, 0.4)
WIDE = (0.1, 0.8, 0.1)


def fit_surface(table, count=400):
    (surface,) = fit_surfaces(collect_evidence(table), count)
    return surface


def test_peaks_are_the_highest_points_of_random_surfaces():
    made = np.random.default_rng(0).normal(size=(200, 6))
    field = surface_terms(make_lattice(60))
    for surface, peak in zip(made, find_peaks(made), strict=True):
        top = surface_terms(peak) @ surface
        assert peak.min() >= -1e-9
        assert peak.sum() <= 1 + 1e-9
        assert top >= (field @ surface).max() - 1e-9
    bowl = np.array([0.0, 0.6, 0.8, -1.0, -1.0, 0.0])
    optimum = minimize(lambda p: -surface_terms(p) @ bowl, [0.2, 0.2]).x
    assert find_peaks(bowl[None])[0] == pytest.approx(optimum, abs=1e-4)


def accepted(synthetic_shares, best, shares=None, **more):
    """The first study of these whose fit is not rejected."""
    more = {"rng": 0, **more}
    for rng in range(more.pop("rng"), 20):
        surface = fit_surface(synthetic_shares(best, *([] if shares is None else [shares]), rng=rng, **more))
        if surface.is_accepted:
            return surface
    raise AssertionError("no fit is accepted")


def test_the_synthetic_best_point_is_found(synthetic_shares):
    surface = accepted(synthetic_shares, BEST, seeds=20, pictures=50_000)
    assert surface.best == pytest.approx([0.3, 0.4], abs=0.05)
    assert surface.region.contains(np.array([0.3, 0.4]))
    assert not surface.region.contains(np.array([1.0, 0.0]))
    assert (surface.region.ranges[:, 0] <= BEST).all()
    assert (surface.region.ranges[:, 1] >= BEST).all()
    assert not surface.is_extrapolated


@pytest.mark.parametrize("best", [BEST, WIDE])
def test_region_and_intervals_of_accepted_surfaces_hold_the_truth(synthetic_shares, true_height, best):
    """All intervals of a study hold together, as the region does, in 95 %; four of five quadratic truths are accepted.

    `benchmarks/sections/shares.py` measures other truths.
    """
    surfaces = [
        fit_surface(synthetic_shares(best, seeds=5, pictures=500, rng=rng, drop=0.06), 300) for rng in range(25)
    ]
    accepted_surfaces = [surface for surface in surfaces if surface.is_accepted]
    assert binom.ppf(0.001, 25, 0.8) <= len(accepted_surfaces) <= 25
    assert all(surface.standings == [] for surface in surfaces if not surface.is_accepted)
    top = true_height(best, best, 0.06)
    truths = {rule: true_height(best, shares.values, 0.06) - top for rule, shares in KNOWN_SHARES.items()}
    together = [
        all(
            standing.interval[0] <= truths[standing.rule] <= standing.interval[1] + 1e-12
            for standing in surface.standings
        )
        for surface in accepted_surfaces
    ]
    regions = [surface.region.contains(np.array([best[0], best[2]])) for surface in accepted_surfaces]
    assert min(sum(together), sum(regions)) >= binom.ppf(0.001, len(accepted_surfaces), 0.95)


def test_differences_from_the_best_are_those_of_the_surface(synthetic_shares):
    surface = accepted(synthetic_shares, BEST)
    assert {standing.rule for standing in surface.standings} == set(KNOWN_SHARES)
    for standing in surface.standings:
        expected = surface.accuracy(share_point(KNOWN_SHARES[standing.rule])) - surface.accuracy(surface.best)
        assert standing.difference == pytest.approx(expected)
        assert standing.interval[0] <= standing.difference <= standing.interval[1]


def test_intervals_that_hold_together_are_wider(synthetic_shares):
    surface = accepted(synthetic_shares, BEST)
    for standing in surface.standings:
        alone, together = surface.region.interval(standing.point), surface.region.interval(standing.point, 6)
        assert together == standing.interval
        assert together[0] < alone[0]
        assert together[1] >= alone[1]


def test_nothing_is_read_where_there_is_no_network_nearby(synthetic_shares, ten_shares):
    """Without the corner of depth, the rule `depth` has no network within 0.1."""
    shares = [*ten_shares[1:], (0.85, 0.1, 0.05)]
    rules = {standing.rule for standing in accepted(synthetic_shares, BEST, shares).standings}
    assert rules == set(KNOWN_SHARES) - {"depth"}
    near = [*ten_shares[1:], (0.92, 0.04, 0.04)]
    assert "depth" in {standing.rule for standing in accepted(synthetic_shares, BEST, near).standings}


def test_compound_has_the_papers_shares():
    logs = np.log([1.2, 1.1**2, 1.15**2])
    assert share_point(KNOWN_SHARES["compound"]) == pytest.approx((logs / logs.sum())[[0, 2]])
    assert share_point(KNOWN_SHARES["fast"]) == pytest.approx([0.1, 0.1])


def test_a_surface_that_does_not_fit_is_not_read(synthetic_shares):
    bent = synthetic_shares(BEST, pictures=5000)
    centre, corner = (bent["rule"] == name for name in ("mix6", "mix0"))
    bent.loc[centre, "test_correct"] = bent.loc[corner, "test_correct"].to_numpy()
    bent.loc[centre, "test_accuracy"] = bent.loc[corner, "test_accuracy"].to_numpy()
    surface = fit_surface(bent)
    assert surface.misfit < 0.01
    assert surface.residual > 3 * surface.expected
    assert not surface.is_accepted
    assert (surface.best, surface.region, surface.standings) == (None, None, [])
    (sentence,) = describe_surface(surface)
    assert f"p = {surface.misfit:.2g}" in sentence or "p < 0.001" in sentence


def test_shares_outside_of_0_to_1_are_kept(synthetic_shares, ten_shares):
    shares = [(1.02, 0.0, -0.02), *ten_shares[1:]]
    surface = accepted(synthetic_shares, BEST, shares, seeds=20, pictures=50_000)
    assert surface.points[0] == pytest.approx([1.02, -0.02])
    assert surface.best == pytest.approx([0.3, 0.4], abs=0.06)


@pytest.mark.parametrize("number", [1, 4, 6])
def test_few_networks_give_no_surface(synthetic_shares, ten_shares, number):
    surface = fit_surface(synthetic_shares(BEST, ten_shares[:number]))
    assert (surface.best, surface.region, surface.standings, surface.misfit) == (None, None, [], None)
    assert f"only {number} network" in surface.reason
    assert describe_surface(surface) == [f"At 4\N{MULTIPLICATION SIGN}, no best shares: {surface.reason}."]
    with pytest.raises(ValueError, match="no surface at 4 times the FLOPs"):
        _ = surface.coefficients


def test_shares_on_a_line_are_refused(synthetic_shares):
    surface = fit_surface(synthetic_shares(BEST, [(x, 1 - x, 0.0) for x in np.linspace(0, 1, 8)]))
    assert surface.reason == "the networks' shares do not determine a quadratic surface"


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_cannot_test_a_surface(synthetic_shares, seeds):
    surface = fit_surface(synthetic_shares(BEST, seeds=seeds))
    assert (surface.best, surface.region, surface.misfit, surface.expected) == (None, None, None, None)
    assert surface.standings == []
    assert f"{seeds} seed" in surface.reason


def test_the_same_network_under_two_rules_counts_once(synthetic_shares):
    table = synthetic_shares(BEST)
    twin = table[(table["rule"] == "mix0") & (table["seed"] < 3)].assign(rule="twin")
    surface = fit_surface(pd.concat([table, twin]))
    assert len(surface.networks) == 10
    assert surface.networks[0].rules == ("mix0", "twin")
    assert len(surface.networks[0].cell.seeds) == 5


def test_what_is_off_the_budget_or_not_there_takes_no_part(synthetic_shares):
    table = synthetic_shares(BEST)
    table.loc[table["rule"] == "mix0", "times_flops_got"] = 4.5
    table.loc[table["rule"] == "mix1", "test_accuracy"] = float("nan")
    assert len(fit_surface(table).networks) == 8
    assert fit_surface(table.assign(test_accuracy=float("nan"))).reason.startswith("there are only 0 networks")
    assert fit_surfaces(collect_evidence(table[table["times_flops"] == 1])) == []


def test_between():
    corners = [[1, 0], [0, 0], [0, 1]]
    assert is_within_hull(corners, np.array([0.3, 0.3]))
    assert not is_within_hull(corners, np.array([0.7, 0.7]))
    assert not is_within_hull([[0.5, 0.2], [0.2, 0.5], [0.3, 0.3]], np.array([1.0, 0.0]))
