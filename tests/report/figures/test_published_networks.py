"""Figures 1 and 5: measured curves against the table, published networks against the csv, in panels of their own."""

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest

from scaling_lab.paper.tables import read_published_table
from scaling_lab.report.figures import load_figures
from scaling_lab.report.figures.style import RULES

FIGURES = load_figures(width="page")


@pytest.fixture(scope="module", params=[("figure1", "params", "params_M"), ("figure5", "flops", "flops_B")])
def drawn(request, quick):
    kind, cost, published = request.param
    return FIGURES[kind].draw(quick.table()), cost, published, quick.table()


def test_each_family_and_rule_has_a_curve_over_the_measured_cost(drawn):
    figure, cost, _, table = drawn
    measured, _ = figure.axes
    ends = {}
    for line in measured.get_lines():
        if len(line.get_xdata()) == 2:
            ends.setdefault(line.get_color(), []).append((line.get_xdata()[-1], line.get_ydata()[-1]))
    for rule, style in RULES.items():
        own = table[(table["rule"] == rule) & (table["times_flops"] == 2)].groupby(["family", cost], sort=False)
        expected = [(at, 100 * mean) for (_, at), mean in own["test_accuracy"].mean().items()]
        drawn_ends = sorted(ends.get(style.color, []))
        assert np.array(drawn_ends) == pytest.approx(np.array(sorted(expected)))


def test_published_networks_are_in_their_own_panel_alone(drawn):
    figure, cost, published, table = drawn
    measured, other = figure.axes
    table2 = read_published_table("table2")
    b0 = table2[(table2["model"] == "EfficientNet-B0") & (table2["version"] == "arXiv v5") & table2["setting"].isna()]
    (line,) = [line for line in other.get_lines() if line.get_color() == RULES["compound"].color]
    assert (line.get_xdata()[0], line.get_ydata()[0]) == pytest.approx((b0[published].iloc[0], b0["top1"].iloc[0]))
    assert len(line.get_xdata()) == 8
    shown = {float(x) for line in other.get_lines() for x in line.get_xdata()}
    assert not shown & set(table[cost].astype(float))
    assert "not measured" in other.get_title()
    assert "not measured" not in measured.get_title()
    assert "ImageNet" in other.get_ylabel()


def test_names_of_published_networks_do_not_cover_each_other(drawn):
    figure = drawn[0]
    figure.draw_without_rendering()
    names = [text for text in figure.axes[-1].texts if type(text) is mpl.text.Text and text.get_text()]
    assert len(names) >= 12
    boxes = [(text.get_text(), text.get_window_extent()) for text in names]
    covering = [(a, b) for (a, one), (b, two) in combinations(boxes, 2) if one.overlaps(two)]
    assert len(covering) <= 1, covering
