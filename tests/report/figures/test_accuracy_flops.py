"""Lines, spreads and panels against values computed with pandas from the same table."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from scaling_lab.report.figures.accuracy_flops import AccuracyFlops
from scaling_lab.report.figures.style import RULES, rule_styles

draw = AccuracyFlops().draw


def bars(ax):
    """Lowest and highest end of every spread, rounded, as a set."""
    segments = [segment for kind in ax.containers for lines in kind.lines[2] for segment in lines.get_segments()]
    return {(round(float(s[:, 1].min()), 6), round(float(s[:, 1].max()), 6)) for s in segments}


def line(ax, rule):
    """x and y of the line of a rule."""
    lines = [
        artist
        for artist in ax.get_lines()
        if to_hex(artist.get_color()) == RULES[rule].color.lower()
        and artist.get_linestyle() == "-"
        and len(artist.get_xdata()) > 1
    ]
    assert len(lines) == 1
    return np.asarray(lines[0].get_xdata(), float), np.asarray(lines[0].get_ydata(), float)


def test_each_family_has_a_panel_with_mean_and_spread_of_seeds(quick):
    table = quick.table()
    figure = draw(table)
    for ax, (family, rows) in zip(figure.axes, table.groupby("family", sort=False), strict=True):
        assert ax.get_title() == family
        by = (100 * rows["test_accuracy"]).groupby([rows["rule"], rows["times_flops"]])
        expected = {(round(a, 6), round(b, 6)) for a, b in zip(by.min(), by.max(), strict=True)}
        assert bars(ax) == expected
        for rule in RULES.keys() & set(rows["rule"]):
            assert line(ax, rule)[1] == pytest.approx(by.mean()[rule].to_numpy())


def test_marks_are_at_their_flops_and_in_order(make_study):
    table = make_study(families=["resnet_small"], times=(4, 1, 2)).table()
    for rule in ("depth", "width", "resolution", "compound"):
        x, y = line(draw(table).axes[0], rule)
        own = table[table["rule"] == rule].groupby("flops")["test_accuracy"].mean()
        assert (np.diff(x) > 0).all()
        assert x == pytest.approx(own.index.to_numpy(float), rel=0.1)
        assert x[0] == own.index[0]
        assert y == pytest.approx(100 * own.to_numpy())


def test_every_seed_is_a_dot(make_study):
    table = make_study(families=["resnet_small"], rules=["compound"], seeds=range(4)).table()
    dots = np.concatenate(
        [np.asarray(c.get_offsets()) for c in draw(table).axes[0].collections if len(c.get_offsets()) > 1]
    )
    assert set(np.round(dots[:, 1], 6)) == set(np.round(100 * table["test_accuracy"], 6))


def test_a_rule_without_baseline_uses_that_of_the_panel(make_study):
    table = make_study(families=["resnet_small"]).table()
    table = table[(table["rule"] != "width") | (table["times_flops"] != 1)]
    x, _ = line(draw(table).axes[0], "width")
    assert x[0] == table.loc[table["times_flops"] == 1, "flops"].iloc[0]


def test_explicit_multipliers_are_not_joined(make_study):
    table = make_study(families=["resnet_small"], rules=["multipliers"], times=(1, 2, 4)).table()
    scaled = table["times_flops"] != 1
    table.loc[scaled, "times_flops"] = float("nan")
    joined = [
        artist
        for artist in draw(table).axes[0].get_lines()
        if artist.get_linestyle() == "-" and artist.get_marker() not in ("None", "", None)
    ]
    assert not joined


def test_missing_points_are_absent(make_study):
    table = make_study(families=["resnet_small"], rules=["depth", "width"]).table()
    table.loc[table["rule"].eq("width") & table["times_flops"].eq(2), "test_accuracy"] = float("nan")
    names = [text.get_text() for text in draw(table).legends[0].get_texts()]
    assert names == ["baseline", "depth (100/0/0)"]


def test_panels_name_the_data_set_if_there_are_several(make_study):
    table = make_study(families=["resnet_small"], rules=["depth"]).table()
    both = pd.concat([table, table.assign(dataset="other")])
    assert [ax.get_title() for ax in draw(both).axes] == ["resnet_small · fashion_mnist", "resnet_small · other"]


def test_rules_differ_in_colour_and_marker_and_keep_their_order():
    styles = rule_styles(["zebra", "width", "depth", "another", "multipliers", "compound"])
    assert list(styles) == ["depth", "width", "compound", "multipliers", "another", "zebra"]
    assert (
        len({style.color for style in styles.values()})
        == len({style.marker for style in styles.values()})
        == len(styles)
    )
    assert rule_styles(["width"])["width"] == styles["width"]


def test_collapsed_seeds_have_a_cross(make_study):
    table = make_study(families=["resnet_small"], rules=["compound"], seeds=range(4)).table()
    assert "collapsed" not in AccuracyFlops().caption(table)
    low = table.index[(table["times_flops"] == 2) & (table["seed"] == 3)][0]
    table.loc[low, "test_accuracy"] = 0.4
    crosses = [
        artist for artist in draw(table).axes[0].get_lines() if artist.get_marker() == "x" and len(artist.get_ydata())
    ]
    assert [list(artist.get_ydata()) for artist in crosses] == [[40.0]]
    assert "collapsed" in AccuracyFlops().caption(table)
