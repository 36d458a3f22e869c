"""Rows, diamonds and predictions of the forest plot against the pooled pairs."""

import numpy as np
import pytest
from matplotlib.patches import Polygon

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.pooling.pool import pool_evidence
from scaling_lab.formatting import MINUS, TIMES
from scaling_lab.report.figures.forest import MAX_PANELS, PooledForest, describe_forest, draw_forest


@pytest.fixture(scope="module")
def budgets(make_study):
    return pool_evidence(collect_evidence(make_study(seeds=range(3)).table()))


def test_each_pair_has_a_panel_with_its_settings_its_mean_and_a_prediction(budgets):
    pairs = {f"{pair.first} {MINUS} {pair.second}, 2{TIMES}": pair for pair in budgets[0].pairs}
    axes = draw_forest(budgets).axes
    assert {ax.get_title() for ax in axes if ax.get_title()} == set(pairs)
    for ax in axes:
        pair = pairs[ax.get_title()]
        assert [text.get_text() for text in ax.get_yticklabels()][-1] == "over settings"
        (diamond,) = [patch for patch in ax.patches if isinstance(patch, Polygon)]
        x = diamond.get_xy()[:, 0]
        low, high = pair.effect.interval()
        assert (x.min(), x.max()) == pytest.approx((100 * low, 100 * high))
        assert x[1] == pytest.approx(100 * pair.effect.value)
        lines = [sorted(line.get_xdata()) for line in ax.get_lines() if len(line.get_xdata()) == 2]
        ends = [difference.interval for difference in pair.differences]
        for low, high in [*ends, pair.effect.prediction()]:
            assert any(np.allclose(line, (100 * low, 100 * high)) for line in lines)


def test_a_study_of_one_family_has_no_forest_plot(make_study):
    assert not PooledForest().is_shown(make_study(["resnet_small"], seeds=range(3)).table())
    assert not PooledForest().is_shown(make_study(seeds=range(2)).table())
    assert PooledForest().is_shown(make_study(seeds=range(3)).table())


def test_of_many_pairs_the_first_are_drawn_and_the_caption_says_so(make_study):
    times = (1, 2, 4, 8)
    budgets = pool_evidence(collect_evidence(make_study(times=times, seeds=range(3)).table()))
    drawn = [ax.get_title() for ax in draw_forest(budgets).axes if ax.get_title()]
    assert len(drawn) == MAX_PANELS
    assert f"{MAX_PANELS} of 18" in describe_forest(budgets)
