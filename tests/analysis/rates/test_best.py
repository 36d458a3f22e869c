"""The best rate: the vertex of a parabola, an edge, flat optima, and intervals only where there are seeds."""

import numpy as np
import pytest

from scaling_lab.analysis.rates.best import find_best_rates

RATES = (0.25, 0.5, 1.0, 2.0, 4.0)


def around(best, seeds=3, noise=0.001, drop=0.02, rates=RATES):
    """Accuracies that fall by `drop` times the square of the doublings from the best rate."""
    spread = noise * np.linspace(-1, 1, seeds) if seeds > 1 else np.zeros(1)
    return {rate: 0.85 - drop * np.log2(rate / best) ** 2 + spread for rate in rates}


@pytest.mark.parametrize("best", [0.6, 1.0, 1.3])
def test_the_vertex_is_that_of_the_parabola(make_grid, best):
    (rate,) = find_best_rates([make_grid(around(best))])
    assert rate.vertex == rate.value == pytest.approx(best)
    assert rate.edge == 0
    low, high = rate.interval
    assert low < best < high
    assert high / low < 1.5
    assert rate.best == min(RATES, key=lambda lr_times: abs(np.log2(lr_times / best)))
    assert rate.shares[rate.best] > 0.9
    assert sum(rate.shares.values()) == pytest.approx(1)
    assert rate.may_be_best == (rate.best,)
    place = RATES.index(rate.best)
    assert rate.peak == (RATES[place - 1], RATES[place + 1])


def test_rates_need_not_be_equally_spaced(make_grid):
    (rate,) = find_best_rates([make_grid(around(0.7, rates=(0.1, 0.5, 1.0, 4.0)))])
    assert rate.vertex == pytest.approx(0.7)


@pytest.mark.parametrize(("best", "edge", "at"), [(8.0, 1, 4.0), (0.1, -1, 0.25)])
def test_beyond_the_edge_nothing_is_known(make_grid, best, edge, at):
    (rate,) = find_best_rates([make_grid(around(best))])
    assert (rate.best, rate.edge, rate.vertex, rate.value) == (at, edge, None, at)
    assert rate.interval[edge > 0] is None
    assert rate.peak[edge > 0] is None


def test_a_flat_optimum_may_be_anywhere(make_grid):
    (rate,) = find_best_rates([make_grid(around(1.0, drop=0.0, noise=0.003))])
    assert rate.may_be_best == RATES
    assert rate.interval == rate.peak == (None, None)
    assert max(rate.shares.values()) < 0.4


def test_one_seed_has_no_interval(make_grid):
    (rate,) = find_best_rates([make_grid(around(1.0, seeds=1))])
    assert rate.vertex == pytest.approx(1)
    assert (rate.interval, rate.peak, rate.shares, rate.resamples.size) == (None, None, {}, 0)
    assert rate.may_be_best == RATES


def test_seeds_of_other_networks_tell_the_noise(make_grid):
    """Two networks with two seeds have two degrees of freedom."""
    first, second = find_best_rates([make_grid(around(1.0, seeds=2)), make_grid(around(1.0, seeds=2), "depth")])
    assert first.interval
    assert second.interval


def test_two_rates_have_no_vertex(make_grid):
    (rate,) = find_best_rates([make_grid(around(1.0, rates=(1.0, 2.0)))])
    assert (rate.best, rate.edge, rate.vertex) == (1.0, -1, None)


def test_a_rate_that_does_not_train_is_worse_and_noisy(make_grid):
    grid = make_grid(around(1.0) | {4.0: [0.1, 0.1, 0.8]})
    (rate,) = find_best_rates([grid])
    assert rate.best == 1.0
    assert rate.means[4.0] == pytest.approx(1 / 3)


def test_intervals_hold_the_truth_at_their_rate(make_grid):
    rng, covered = np.random.default_rng(0), []
    for _ in range(60):
        truth = around(1.2, seeds=5, noise=0.0)
        grid = make_grid({rate: values + 0.004 * rng.standard_normal(5) for rate, values in truth.items()})
        (rate,) = find_best_rates([grid], 400)
        low, high = rate.interval
        covered.append((low or 0) <= 1.2 <= (high or 9))
    assert np.mean(covered) > 0.88
