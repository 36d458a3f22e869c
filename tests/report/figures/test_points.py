"""Ticks and units."""

import pytest

from scaling_lab.report.figures.points import flops_unit, log_ticks


@pytest.mark.parametrize(
    ("low", "high"), [(13, 33), (0.2, 0.9), (1, 1.3), (9, 110), (1, 1e6), (385.8, 771), (33.2, 36.9)]
)
def test_ticks_are_few_round_and_inside(low, high):
    ticks = log_ticks(low, high)
    assert 1 <= len(ticks) <= 5
    assert all(low <= tick <= high for tick in ticks)
    assert all(len(f"{tick:g}") <= 6 for tick in ticks)


@pytest.mark.parametrize(("low", "high"), [(23, 118), (5.4, 24), (0.054, 0.24)])
def test_a_range_of_half_a_decade_has_three_ticks(low, high):
    assert len(log_ticks(low, high)) >= 3


def test_unit_fits_the_largest():
    assert flops_unit([1e6, 4e8]) == (1e6, "million")
    assert flops_unit([4e8, 4e9]) == (1e9, "billion")
