"""The figure of held-out predictions: one mark and one interval for each combined prediction."""

import numpy as np
import pytest

from scaling_lab.analysis.curves.held_out import predict_held_out
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.report.figures import load_figures

FIGURE = load_figures()["extrapolation"]
BUDGETS = (1.0, 2.0, 4.0, 8.0, 16.0)


@pytest.fixture(scope="module")
def table():
    truth = {(rule, times): 1 - 0.45 * times**-c for rule, c in (("a", 0.2), ("b", 0.4)) for times in BUDGETS}
    return make_study_table(truth, 5, 1000, np.random.default_rng(2))


def test_marks_are_the_misses(table):
    made = [prediction for prediction in predict_held_out(collect_evidence(table)) if prediction.combined]
    assert len(made) > 3
    assert FIGURE.is_shown(table)
    (ax,) = FIGURE.draw(table).axes
    marks = [line for line in ax.lines if line.get_marker() not in ("None", None, "")]
    assert sorted(line.get_ydata()[0] for line in marks) == pytest.approx(
        sorted(100 * prediction.combined.miss for prediction in made)
    )
    ends = {tuple(np.round(line.get_ydata(), 9)) for line in ax.lines}
    assert {tuple(round(100 * end, 9) for end in prediction.combined.interval) for prediction in made} <= ends
    hollow = sum(line.get_markerfacecolor() == "white" for line in marks)
    assert hollow == sum(prediction.steps > 1 for prediction in made)


def test_nothing_to_show(table):
    few = table[table["times_flops"] < 4]
    assert not FIGURE.is_shown(few)
    FIGURE.draw(few).draw_without_rendering()
