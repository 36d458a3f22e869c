"""Measured panels of Figure 8 against the table, the published one against its csv."""

import pytest

from scaling_lab.paper.tables import read_published_table
from scaling_lab.report.figures.figure8 import ScalingMethods
from scaling_lab.report.figures.style import BASELINE, RULES

FIGURE = ScalingMethods()


@pytest.fixture(scope="module")
def table(make_study):
    return make_study(["resnet_small", "mobilenet_v1_small"]).table()


@pytest.fixture(scope="module")
def axes(table):
    return FIGURE.draw(table).axes


def curves(ax):
    return {
        line.get_color(): line for line in ax.get_lines() if len(line.get_xdata()) > 1 and line.get_marker() != "None"
    }


def test_measured_panels_have_the_means_over_the_obtained_flops(table, axes):
    assert len(axes) == table["family"].nunique() + 1
    for ax, (family, part) in zip(axes, table.groupby("family", sort=False), strict=False):
        assert family in ax.get_title()
        for rule in ("depth", "width", "resolution", "compound"):
            own = part[part["rule"] == rule].groupby("flops")["test_accuracy"].mean()
            line = curves(ax)[RULES[rule].color]
            assert list(line.get_xdata()) == pytest.approx(list(own.index))
            assert list(line.get_ydata()) == pytest.approx(list(100 * own))
        (start,) = [line for line in ax.get_lines() if line.get_color() == BASELINE.color]
        assert start.get_ydata() == pytest.approx(100 * part.loc[part["times_flops"] == 1, "test_accuracy"].mean())


def test_the_published_panel_has_the_csv_and_cut_ends_have_no_mark(axes):
    figure8 = read_published_table("figure8")
    lines = axes[-1].get_lines()
    marked = [line for line in lines if line.get_marker() != "None"]
    (start,) = [line for line in marked if line.get_color() == BASELINE.color]
    dashed = [line for line in lines if line.get_linestyle() not in ("-", "None") and len(line.get_xdata())]
    assert sum(len(line.get_xdata()) for line in marked if line is not start) == (figure8["clipped"] == "no").sum()
    assert all(line.get_xydata()[0] == pytest.approx(start.get_xydata()[0]) for line in marked)
    assert [list(line.get_xdata()) for line in dashed] == [[4.8817, 5.2097]]


def test_caption_names_both_baselines_and_the_rules_that_the_study_lacks(make_study):
    table = make_study(rules=["depth", "width"]).table()
    caption = FIGURE.caption(table)
    assert "0.50 billion" in caption
    assert "0.39" in caption
    assert "resolution, compound" in caption
    assert not FIGURE.is_shown(make_study(times=[1]).table())
