"""The triangle of shares against planted surfaces: best point, region, differences, lack of fit, and refusals."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import binom

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.shares.surface import fit_surfaces
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


def one(table, count=400):
    (found,) = fit_surfaces(collect_evidence(table), count)
    return found


def test_peaks_are_the_highest_points_of_random_surfaces():
    made = np.random.default_rng(0).normal(size=(200, 6))
    field = surface_terms(make_lattice(60), 2)
    for surface, peak in zip(made, find_peaks(made), strict=True):
        top = surface_terms(peak, 2) @ surface
        assert peak.min() >= -1e-9
        assert peak.sum() <= 1 + 1e-9
        assert top >= (field @ surface).max() - 1e-9
    bowl = np.array([0.0, 0.6, 0.8, -1.0, -1.0, 0.0])
    found = minimize(lambda p: -surface_terms(p, 2) @ bowl, [0.2, 0.2]).x
    assert find_peaks(bowl[None])[0] == pytest.approx(found, abs=1e-4)


def test_the_planted_best_point_is_found(planted_shares):
    surface = one(planted_shares(BEST, seeds=20, pictures=50_000))
    assert surface.degree == 2
    assert surface.best == pytest.approx([0.3, 0.4], abs=0.05)
    assert surface.region.contains(np.array([0.3, 0.4]))
    assert not surface.region.contains(np.array([1.0, 0.0]))
    assert (surface.region.ranges[:, 0] <= BEST).all()
    assert (surface.region.ranges[:, 1] >= BEST).all()
    assert not surface.is_extrapolated


def covered(planted_shares, true_height, studies, best, seeds, drop=0.06):
    """How often the region holds the best point, each rule's interval its true difference, and the misfit is low."""
    held, misfits, rules = 0, 0, dict.fromkeys(KNOWN_SHARES, 0)
    for rng in range(studies):
        surface = one(planted_shares(best, seeds=seeds, pictures=500, rng=rng, drop=drop), 300)
        held += surface.region.contains(np.array([best[0], best[2]]))
        misfits += surface.misfit < 0.05
        for standing in surface.standings:
            d, r = standing.point
            truth = true_height(best, (d, 1 - d - r, r), drop) - true_height(best, best, drop)
            rules[standing.rule] += standing.interval[0] <= truth <= standing.interval[1] + 1e-12
    return held, rules, misfits


@pytest.mark.parametrize("best", [BEST, WIDE])
def test_region_and_differences_cover_the_truth(planted_shares, true_height, best):
    held, rules, misfits = covered(planted_shares, true_height, 50, best, 5)
    least = binom.ppf(0.001, 50, 0.95)
    assert held >= least
    assert min(rules.values()) >= least
    assert misfits <= binom.ppf(0.999, 50, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("best", [BEST, WIDE, (0.5, 0.5, 0.0)])
def test_coverage_in_a_thousand_studies(planted_shares, true_height, best, seeds):
    held, rules, misfits = covered(planted_shares, true_height, 1000, best, seeds)
    assert held >= 935
    assert min(rules.values()) >= 935
    assert misfits <= 65


def test_differences_from_the_best_are_those_of_the_surface(planted_shares):
    surface = one(planted_shares(BEST))
    assert {each.rule for each in surface.standings} == set(KNOWN_SHARES)
    for each in surface.standings:
        expected = surface.accuracy(share_point(KNOWN_SHARES[each.rule])) - surface.accuracy(surface.best)
        assert each.difference == pytest.approx(expected)
        assert each.interval[0] <= each.difference <= each.interval[1]
        assert (each.interval[1] == 0) == surface.region.contains(each.point)


def test_compound_has_the_papers_shares():
    logs = np.log([1.2, 1.1**2, 1.15**2])
    assert share_point(KNOWN_SHARES["compound"]) == pytest.approx((logs / logs.sum())[[0, 2]])
    assert share_point(KNOWN_SHARES["fast"]) == pytest.approx([0.1, 0.1])


def test_lack_of_fit_is_seen(planted_shares):
    good = planted_shares(BEST, pictures=5000)
    assert one(good).misfit > 0.01
    bent = planted_shares(BEST, pictures=5000)
    centre, corner = (bent["rule"] == name for name in ("mix6", "mix0"))
    bent.loc[centre, "test_correct"] = bent.loc[corner, "test_correct"].to_numpy()
    bent.loc[centre, "test_accuracy"] = bent.loc[corner, "test_accuracy"].to_numpy()
    assert one(bent).misfit < 0.01
    assert one(bent).residual > 3 * one(bent).expected
    assert "the surface does not fit" in " ".join(describe_surface(one(bent)))


def test_shares_outside_of_0_to_1_are_kept(planted_shares, ten_shares):
    shares = [(1.02, 0.0, -0.02), *ten_shares[1:]]
    surface = one(planted_shares(BEST, shares, seeds=20, pictures=50_000))
    assert surface.points[0] == pytest.approx([1.02, -0.02])
    assert surface.best == pytest.approx([0.3, 0.4], abs=0.06)


@pytest.mark.parametrize(
    ("number", "degree", "words"),
    [(3, 0, "a plane needs 4"), (4, 1, "there are 4"), (6, 1, "needs 7")],
)
def test_few_networks_give_a_plane_or_the_reason(planted_shares, ten_shares, number, degree, words):
    surface = one(planted_shares(BEST, ten_shares[:number]))
    assert (surface.degree, surface.best, surface.region) == (degree, None, None)
    assert words in surface.reason
    assert surface.no_interval_reason == (None if degree else surface.reason)
    assert words in " ".join(describe_surface(surface))


def test_shares_on_a_line_are_refused(planted_shares):
    surface = one(planted_shares(BEST, [(x, 1 - x, 0.0) for x in np.linspace(0, 1, 8)]))
    assert (surface.degree, surface.reason) == (0, "the networks' shares lie on one line")
    with pytest.raises(ValueError, match="no surface at 4 times the FLOPs"):
        _ = surface.coefficients


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_give_a_surface_without_intervals(planted_shares, seeds):
    surface = one(planted_shares(BEST, seeds=seeds))
    assert surface.degree == 2
    assert (surface.region, surface.misfit, surface.expected) == (None, None, None)
    assert all(each.interval is None for each in surface.standings)
    said = " ".join(describe_surface(surface))
    assert f"{seeds} seed" in said
    assert not re.search("nan|None", said)


def test_the_same_network_under_two_rules_counts_once(planted_shares):
    table = planted_shares(BEST)
    twin = table[(table["rule"] == "mix0") & (table["seed"] < 3)].assign(rule="twin")
    surface = one(pd.concat([table, twin]))
    assert len(surface.networks) == 10
    assert surface.networks[0].rules == ("mix0", "twin")
    assert len(surface.networks[0].cell.seeds) == 5


def test_what_is_off_the_budget_or_not_there_takes_no_part(planted_shares):
    table = planted_shares(BEST)
    table.loc[table["rule"] == "mix0", "times_flops_got"] = 4.5
    table.loc[table["rule"] == "mix1", "test_accuracy"] = float("nan")
    assert len(one(table).networks) == 8
    assert one(table.assign(test_accuracy=float("nan"))).reason.startswith("there are only 0 networks")
    assert fit_surfaces(collect_evidence(table[table["times_flops"] == 1])) == []


def test_between():
    corners = [[1, 0], [0, 0], [0, 1]]
    assert is_within_hull(corners, np.array([0.3, 0.3]))
    assert not is_within_hull(corners, np.array([0.7, 0.7]))
    assert not is_within_hull([[0.5, 0.2], [0.2, 0.5], [0.3, 0.3]], np.array([1.0, 0.0]))
