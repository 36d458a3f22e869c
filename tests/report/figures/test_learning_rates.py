"""The figure of learning rates: a line per network, hollow marks at rates that are significantly worse."""

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.report.figures import load_figures

FIGURE = load_figures()["learning_rates"]


@pytest.fixture(scope="module")
def table():
    rng, tables = np.random.default_rng(4), []
    for rate, (a, b) in {0.5: (0.70, 0.70), 1.0: (0.86, 0.84), 2.0: (0.86, 0.70)}.items():
        made = make_study_table({("a", 1.0): a, ("b", 1.0): a, ("a", 2.0): a, ("b", 2.0): b}, 3, 2000, rng)
        tables.append(made.assign(lr_times=rate, key=made["key"] + f"-{rate:g}"))
    return pd.concat(tables, ignore_index=True)


def test_lines_are_the_networks(table):
    assert FIGURE.is_shown(table)
    (ax,) = FIGURE.draw(table).axes
    lines = [line for line in ax.lines if len(line.get_xdata()) > 1]
    means = table[table["times_flops"] == 2].groupby(["rule", "lr_times"])["held_out_accuracy"].mean()
    drawn = [list(line.get_ydata()) for line in lines]
    assert len(drawn) == 3
    for rule in "ab":
        assert any(np.allclose(values, 100 * means[rule]) for values in drawn)
    marks = [line for line in ax.lines if len(line.get_xdata()) == 1]
    assert len(marks) == 9
    hollow = [line.get_xdata()[0] for line in marks if line.get_markerfacecolor() == "white"]
    assert sorted(hollow) == [0.5, 0.5, 0.5, 2.0]
    assert FIGURE.caption(table)


def test_nothing_to_show(table):
    few = table[table["lr_times"] == 1]
    assert not FIGURE.is_shown(few)
    FIGURE.draw(few).draw_without_rendering()
