"""Figures 1 and 5: measured curves against the table, published networks against the csv, in panels of their own."""

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest

from scaling_lab.paper.tables import read_published_table
from scaling_lab.report.figures import load_figures
from scaling_lab.report.figures.label_column import LEADER, spread
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
    covering = [(a, b) for (a, first), (b, second) in combinations(boxes, 2) if first.overlaps(second)]
    assert len(covering) <= 1, covering


def test_places_are_apart_in_order_inside_and_the_nearest():
    values = [1.0, 1.1, 5.0, 9.9, 10.0]
    places = spread(values, 1.0, 0.0, 10.0)
    assert np.diff(places).min() >= 1 - 1e-9
    assert places[0] >= 0.5 - 1e-9
    assert places[-1] <= 9.5 + 1e-9
    assert places[:3] == pytest.approx([0.55, 1.55, 5.0])
    assert places[3:] == pytest.approx([8.5, 9.5])


def test_the_line_of_each_name_leads_to_its_mark(drawn):
    figure, _, published, _ = drawn
    other = figure.axes[-1]
    table2 = read_published_table("table2").set_index("model")
    lines = {round(line.get_ydata()[-1], 6): line for line in other.get_lines() if line.get_color() == LEADER}
    names = {text.get_text(): text for text in other.texts if text.get_text() in table2.index}
    assert len(names) >= 12
    for name, text in names.items():
        line = lines[round(text.get_position()[1], 6)]
        at = {(float(x), float(y)) for x, y in zip(*(table2.loc[[name], c] for c in (published, "top1")), strict=True)}
        assert (float(line.get_xdata()[0]), float(line.get_ydata()[0])) in at
