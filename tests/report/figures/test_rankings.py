"""The figures of agreement and of training lengths: which are shown, one mark per comparison, nothing clipped."""

import numpy as np
import pytest

from scaling_lab.analysis.agreement import measure_agreements
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.places import list_places
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.formatting import MINUS
from scaling_lab.report.figures.agreement import RankingAgreement
from scaling_lab.report.figures.lengths import DifferencesOverLengths

RULES = ("depth", "width", "compound")


@pytest.fixture(scope="module")
def table():
    """Three rules at 2x and 4x after 4 and 16 epochs."""
    accuracies = {
        (f"{rule}@{epochs}", times): 0.7 + 0.03 * place + 0.02 * times * place * (1 if epochs == 4 else -1)
        for place, rule in enumerate(RULES)
        for epochs in (4, 16)
        for times in (2.0, 4.0)
    }
    rows = make_study_table(accuracies, 3, 1000, np.random.default_rng(0))
    split = rows["rule"].str.split("@", expand=True)
    return rows.assign(rule=split[0], recipe="synthetic(epochs=" + split[1] + ")", epochs=split[1].astype(int))


def fits(figure):
    figure.draw_without_rendering()
    (width, height), box = figure.get_size_inches(), figure.get_tightbbox()
    return box.x0 >= -0.01 and box.y0 >= -0.01 and box.x1 <= width + 0.01 and box.y1 <= height + 0.01


def test_agreement_has_a_row_per_comparison(table):
    figure = RankingAgreement()
    assert figure.is_shown(table)
    drawn = figure.draw(table)
    (ax,) = drawn.axes
    agreements = measure_agreements(list_places("", collect_evidence(table)))
    assert len(agreements) == 4
    dots = sorted(line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o")
    assert dots == pytest.approx(sorted(100 * agreement.every.share for agreement in agreements))
    assert len(ax.get_yticklabels()) == 4
    assert fits(drawn)
    assert not figure.is_shown(table[table["seed"] < 2])


def test_lengths_have_a_panel_per_budget_and_a_line_per_pair(table):
    figure = DifferencesOverLengths(VerdictOptions((("compound", "depth"), ("compound", "width"))))
    assert figure.is_shown(table)
    assert not figure.is_shown(table[table["epochs"] == 4])
    drawn = figure.draw(table)
    assert [ax.get_title() for ax in drawn.axes if ax.get_title()] == [
        "synthetic, 2\N{MULTIPLICATION SIGN}",
        "synthetic, 4\N{MULTIPLICATION SIGN}",
    ]
    assert fits(drawn)
    lines = [
        line
        for line in drawn.axes[0].lines
        if len(line.get_xdata()) == 2 and line.get_xdata()[0] != line.get_xdata()[1]
    ]
    assert len([line for line in lines if line.get_xdata()[0] > 1]) == 2
    without_plan = DifferencesOverLengths()
    assert "leads" in without_plan.caption(table)
    assert fits(without_plan.draw(table))


def test_a_difference_has_one_sign_in_all_panels(table):
    """Another rule leads at 2x than at 4x; each pair is drawn one way round."""
    other = table["rule"].replace({"compound": "depth", "depth": "compound"})
    swapped = other.where(table["times_flops"] == 4, table["rule"])
    figure = DifferencesOverLengths().draw(table.assign(rule=swapped))
    pairs = [tuple(text.get_text().split(f" {MINUS} ")) for text in figure.legends[0].get_texts()]
    assert len({frozenset(pair) for pair in pairs}) == len(pairs) == 3
