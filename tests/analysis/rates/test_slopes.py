"""Slopes of the best rate: known ones, with intervals, and unknown where networks are too few."""

import numpy as np
import pytest

from scaling_lab.analysis.rates.best import find_best_rates
from scaling_lab.analysis.rates.slopes import fit_trends

RATES = (0.125, 0.25, 0.5, 1.0, 2.0)
SIZES = ((1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2), (1.5, 1.5, 1), (1, 1.5, 1.5), (2, 1, 2))


@pytest.fixture
def make_rates(make_grid):
    def make(sizes, slopes=(-1.0, -0.5, 0.0), noise=0.001, seeds=3, rates=RATES):
        grids = []
        for place, size in enumerate(sizes):
            best = float(np.dot(slopes, np.log2(size)))
            held_out = {
                rate: 0.85 - 0.02 * (np.log2(rate) - best) ** 2 + noise * np.linspace(-1, 1, seeds) for rate in rates
            }
            d, w, r = size
            got = {"d_got": d, "w_got": w, "r_got": r, "times_flops_got": d * w**2 * r**2}
            grids.append(make_grid(held_out, f"n{place}", **got))
        return find_best_rates(grids, 500)

    return make


def test_synthetic_slopes_are_found(make_rates):
    (trend,) = fit_trends(make_rates(SIZES))
    assert (trend.networks, trend.at_edge) == (7, 0)
    depth, width, side, flops = trend.slopes
    assert [slope.along for slope in trend.slopes] == ["depth", "width", "side", "FLOPs"]
    assert [depth.value, width.value, side.value] == pytest.approx([-1.0, -0.5, 0.0], abs=1e-6)
    assert [depth.is_significant, width.is_significant, side.is_significant] == [True, True, False]
    logs = np.log2([d * w**2 * r**2 for d, w, r in SIZES])
    best = [np.dot((-1.0, -0.5, 0.0), np.log2(size)) for size in SIZES]
    assert flops.value == pytest.approx(np.polyfit(logs, best, 1)[0])


def test_networks_off_the_line_widen_the_interval(make_rates):
    straight = make_rates([(d, 1, 1) for d in (1, 1.5, 2, 3)], (-0.5, 0, 0))
    bent = [*straight[:2], *make_rates([(2, 1, 1)], (0.5, 0, 0)), straight[3]]

    def width(rates):
        low, high = fit_trends(rates)[0].slopes[0].interval
        return high - low

    assert width(bent) > 2 * width(straight)


def test_too_few_networks(make_rates):
    depth, width, side, flops = fit_trends(make_rates(SIZES[:4]))[0].slopes
    assert depth.value is None
    assert "5 networks" in depth.reason
    assert width.reason == side.reason == depth.reason
    assert flops.value is not None  # one slope over four networks


def test_networks_that_do_not_differ_and_those_that_change_together(make_rates):
    depth, width, _, flops = fit_trends(make_rates([(d, 1, 1) for d in (1, 1.5, 2)]))[0].slopes
    assert depth.value == pytest.approx(-1)
    assert (width.value, width.interval) == (None, None)
    assert flops.value == pytest.approx(-1)
    both = fit_trends(make_rates([(d, d, 1) for d in (1, 1.5, 2, 3)]))[0].slopes
    assert "together" in both[0].reason
    assert both[0].reason == both[1].reason


def test_networks_at_the_edge_are_counted(make_rates):
    (trend,) = fit_trends(make_rates([(d, 1, 1) for d in (1, 2, 16)]))
    assert trend.at_edge == 1
    assert -1 < trend.slopes[0].value < 0


def test_one_seed_has_no_interval(make_rates):
    slopes = fit_trends(make_rates(SIZES, seeds=1))[0].slopes
    assert slopes[0].value == pytest.approx(-1)
    assert [slope.interval for slope in slopes] == [None] * 4
