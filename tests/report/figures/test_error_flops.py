"""Error over FLOPs: marks, curves and predictions against the analysis."""

import numpy as np
import pytest

from scaling_lab.analysis.curves.fit import fit_curves
from scaling_lab.analysis.curves.held_out import predict_held_out
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.report.figures.error_flops import SHIFT, ErrorFlops
from scaling_lab.report.figures.style import RULES


@pytest.fixture(scope="module")
def table():
    accuracies = {
        (rule, times): 0.9 - 0.25 * times**-power
        for rule, power in (("depth", 0.25), ("width", 0.4))
        for times in (1.0, 2.0, 4.0, 8.0, 16.0)
    }
    return make_study_table(accuracies, 4, 2000, np.random.default_rng(0))


def test_curves_marks_and_predictions_are_errors_in_percent(table):
    figure = ErrorFlops()
    assert figure.is_shown(table)
    (ax,) = figure.draw(table).axes
    evidence = collect_evidence(table)
    curve = next(curve for curve in fit_curves(evidence) if curve.rule == "depth")
    assert {ax.get_xscale(), ax.get_yscale()} == {"log"}
    lines = [line for line in ax.get_lines() if line.get_color() == RULES["depth"].color]
    line = max(lines, key=lambda line: len(line.get_xdata()))
    at = np.asarray(line.get_xdata())
    assert line.get_ydata() == pytest.approx(100 * (1 - curve.accuracy(at)))
    marks = [line for line in lines if line.get_marker() == RULES["depth"].marker]
    filled = {line.get_xdata()[0]: line.get_ydata()[0] for line in marks if line.get_markerfacecolor() != "white"}
    measured = table[table["rule"] == "depth"].groupby("flops")["test_accuracy"].mean()
    assert list(filled.values()) == pytest.approx(list(100 * (1 - measured)))
    (hollow,) = [line for line in marks if line.get_markerfacecolor() == "white"]
    last = [
        prediction for prediction in predict_held_out(evidence) if prediction.steps == 1 and prediction.rule == "depth"
    ][-1]
    assert hollow.get_xdata()[0] == pytest.approx(16e6 * SHIFT)
    assert hollow.get_ydata()[0] == pytest.approx(100 * (1 - last.combined.accuracy))


def test_three_budgets_are_too_few(table):
    few = table[table["times_flops"] <= 4]
    assert not ErrorFlops().is_shown(few)
    ErrorFlops().draw(few).draw_without_rendering()
