"""Curves, bands and points of the figure against the analysis and against pandas."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from scaling_lab.analysis.curves.fit import fit_curves
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.report.figures.scaling_curves import ScalingCurves
from scaling_lab.report.figures.style import RULES

draw, caption, is_shown = ScalingCurves().draw, ScalingCurves().caption, ScalingCurves().is_shown
LAWS = {"depth": (0.1, 0.02, 0.8), "compound": (0.05, 0.07, 0.5)}


def synthetic_table(times=(1, 2, 4, 8), seeds=5, family="synthetic"):
    truth = {(rule, float(t)): round(1 - a - b * t**-c, 9) for rule, (a, b, c) in LAWS.items() for t in times}
    return make_study_table(truth, seeds, 500, np.random.default_rng(0), family=family)


@pytest.fixture(scope="module")
def table():
    return synthetic_table()


def drawn(ax, rule, style):
    return [
        line
        for line in ax.get_lines()
        if to_hex(line.get_color()) == RULES[rule].color.lower()
        and line.get_linestyle() == style
        and len(line.get_xdata()) > 9
    ]


def test_curves_are_solid_within_the_data_and_dotted_to_twice_it(table):
    (ax,) = draw(table).axes
    for curve in fit_curves(collect_evidence(table)):
        (inside,), (beyond,) = drawn(ax, curve.rule, "-"), drawn(ax, curve.rule, ":") or drawn(ax, curve.rule, "--")
        assert [inside.get_xdata()[0], inside.get_xdata()[-1]] == pytest.approx([1e6, 8e6])
        assert [beyond.get_xdata()[0], beyond.get_xdata()[-1]] == pytest.approx([8e6, 16e6])
        assert inside.get_ydata() == pytest.approx(100 * curve.accuracy(inside.get_xdata()))
    assert max(line.get_xdata()[-1] for line in ax.get_lines()) == pytest.approx(16e6)


def test_bands_are_those_that_may_be_compared(table):
    (ax,) = draw(table).axes
    ends = np.concatenate([path.vertices for area in ax.collections for path in area.get_paths()])
    for curve in fit_curves(collect_evidence(table)):
        low, high = curve.band(np.array([1e6, 8e6]), common=False)
        for end in 100 * np.concatenate([low, high]):
            assert np.abs(ends[:, 1] - end).min() < 1e-6


def test_marks_are_means_and_bars_reach_over_all_seeds(table):
    (ax,) = draw(table).axes
    by = (100 * table["test_accuracy"]).groupby([table["rule"], table["times_flops"]])
    bars = {
        (round(float(s[0, 1]), 6), round(float(s[1, 1]), 6))
        for kind in ax.collections
        if hasattr(kind, "get_segments")
        for s in kind.get_segments()
    }
    assert bars == {(round(a, 6), round(b, 6)) for a, b in zip(by.min(), by.max(), strict=True)}
    marks = np.concatenate([np.atleast_1d(line.get_ydata()) for line in ax.get_lines() if line.get_marker() != "None"])
    assert all(np.abs(marks - mean).min() < 1e-9 for mean in by.mean())


def test_panels_have_the_same_scale_and_their_names(table):
    both = pd.concat(
        [table, synthetic_table(seeds=2, family="other"), table.assign(recipe="long", key="long-" + table["key"])]
    )
    axes = draw(both).axes
    assert [ax.get_title() for ax in axes] == [
        "synthetic \N{MIDDLE DOT} synthetic",
        "other \N{MIDDLE DOT} synthetic",
        "synthetic \N{MIDDLE DOT} long",
    ]
    assert np.ptp([np.diff(ax.get_ylim()) for ax in axes]) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("times", "seeds"), [((1, 2), 2), ((1,), 1), ((2,), 5)])
def test_without_a_curve_it_says_so_and_is_not_shown(times, seeds):
    table = synthetic_table(times, seeds)
    assert not is_shown(table)
    (ax,) = draw(table).axes
    assert any("no curve" in text.get_text() for text in ax.texts)
    assert "No curve is drawn" in caption(table)


def test_an_empty_table_is_drawn_as_a_sentence(table):
    assert [text.get_text() for text in draw(table.iloc[:0]).axes[0].texts] == ["no finished result meets its budget"]
    assert not is_shown(table.iloc[:0])


def test_two_seeds_have_curves_without_bands():
    table = synthetic_table(seeds=2)
    assert is_shown(table)
    assert "No bands" in caption(table)
    assert not any("other test images" in text.get_text() for text in draw(table).axes[0].texts)


def test_names_a_missing_column(table):
    with pytest.raises(ValueError, match="test_correct"):
        draw(table.drop(columns="test_correct"))
