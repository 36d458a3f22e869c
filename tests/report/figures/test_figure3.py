"""Measured panels above, the paper's Figure 3 below."""

import pandas as pd
import pytest

from scaling_lab.paper.tables import read_published_table
from scaling_lab.report.figures.figure3 import AccuracyMultipliers, single_dimension_points
from scaling_lab.report.figures.points import measured_points

draw = AccuracyMultipliers().draw


def joined(ax):
    return [line for line in ax.get_lines() if line.get_linestyle() == "-" and len(line.get_xdata()) > 1]


def test_each_family_has_a_line_over_the_obtained_multiplier(quick):
    table = quick.table()
    for ax, (rule, got) in zip(
        draw(table).axes, [("width", "w_got"), ("depth", "d_got"), ("resolution", "r_got")], strict=False
    ):
        own = table[table["rule"] == rule]
        means = 100 * own.groupby(["family", got], sort=False)["test_accuracy"].mean()
        lines = joined(ax)
        assert len(lines) == own["family"].nunique()
        assert sorted(y for line in lines for y in line.get_ydata()) == pytest.approx(sorted(means))
        assert max(x for line in lines for x in line.get_xdata()) == pytest.approx(own[got].max(), rel=0.05)


def test_published_panels_hold_the_published_numbers(quick):
    figure3 = read_published_table("figure3")
    for ax, letter in zip(draw(quick.table()).axes[3:], "wdr", strict=True):
        own = figure3[figure3["panel"] == letter]
        (line,) = joined(ax)
        assert list(line.get_xdata()) == pytest.approx(list(own["label"]))
        assert list(line.get_ydata()) == pytest.approx(list(own["top1"]))


def test_explicit_multipliers_of_one_dimension_count(quick):
    points = measured_points(quick.table())
    explicit = points[points["rule"] == "compound"].tail(2).assign(rule="multipliers", times_flops=float("nan"))
    alone, both = explicit.assign(d=3.0, w=1.0, r=1.0, key="a"), explicit.assign(d=3.0, w=2.0, r=1.0, key="b")
    keys = set(single_dimension_points(pd.concat([points, alone, both]), "depth")["key"])
    assert "a" in keys
    assert "b" not in keys


def test_unknown_multipliers_do_not_grow(quick):
    figure = AccuracyMultipliers()
    assert figure.is_shown(quick.table())
    assert not figure.is_shown(quick.table().assign(d_got=float("nan"), w_got=float("nan"), r_got=float("nan")))


def test_empty_panels_name_their_rule(make_study):
    figure = draw(make_study(rules=["compound"]).table())
    assert [ax.texts[0].get_text() for ax in figure.axes[:3]] == [
        f"no point of {rule}\nin this study" for rule in ("width", "depth", "resolution")
    ]
    assert not figure.legends


@pytest.mark.parametrize("width", ["page", "column"])
def test_one_family_is_named_above_and_has_the_colors_of_the_rules(make_study, width):
    table = make_study(["resnet_small"], rules=["width", "depth", "resolution"], times=(1, 2), seeds=range(2)).table()
    figure = AccuracyMultipliers(width=width).draw(table)
    assert not figure.legends
    assert sum("resnet_small" in ax.get_title() for ax in figure.axes) == 1
    sides = (figure.axes[:3], figure.axes[3:]) if width == "page" else (figure.axes[::2], figure.axes[1::2])
    for measured, published in zip(*sides, strict=True):
        assert {line.get_color() for line in joined(measured)} == {joined(published)[0].get_color()}
