"""Panels, ticks and units."""

import pandas as pd
import pytest

from scaling_lab.report.figures.points import flops_unit, log_ticks, measured_points, split_panels


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


@pytest.mark.parametrize(
    ("recipes", "ends"),
    [
        (["r(epochs=4, warmup=0.8)", "r(epochs=8, warmup=0.8)"], ["r(epochs=4)", "r(epochs=8)"]),
        ([f"{'a' * 40}{middle}{'a' * 40}" for middle in "bcd"], ["a", "a", "a"]),
    ],
)
def test_every_setting_has_a_panel_of_its_own(quick, recipes, ends):
    points = measured_points(quick.table())
    family = points[points["family"] == points["family"].iloc[0]]
    panels = split_panels(pd.concat([family.assign(recipe=recipe) for recipe in recipes]))
    assert [len(part) for _, part in panels] == [len(family)] * len(recipes)
    assert len({name for name, _ in panels}) == len(recipes)
    assert all(name.endswith(end) for (name, _), end in zip(panels, ends, strict=True))
