"""Sentences on curves give numbers with their intervals, and say what is not known."""

import re

import numpy as np
import pytest

from scaling_lab.analysis.curves.fit import fit_curves
from scaling_lab.analysis.curves.growth import measure_growth
from scaling_lab.analysis.curves.savings import measure_saving
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.metrics import ACCURACY
from scaling_lab.analysis.text.curves import describe_curves, describe_growth, describe_intervals, describe_saving
from scaling_lab.formatting import TIMES

LAWS = {"depth": (0.10, 0.02, 0.8), "compound": (0.05, 0.07, 0.5)}


def sentences_of(table):
    (own,) = describe_curves(collect_evidence(table)).values()
    return own


def test_a_fitted_study(synthetic_curves):
    table = synthetic_curves(LAWS)
    own = " ".join(sentences_of(table))
    depth, compound = fit_curves(collect_evidence(table))
    low, high = compound.coefficient("c")
    assert f"c {compound.c:.2f} ({low:.2f} … {high:.2f})" in own
    low, high = measure_saving(depth, compound).interval
    assert f"{measure_saving(depth, compound).factor:.2f} times fewer FLOPs ({low:.2f} … {high:.2f} times)" in own
    assert "multiply-adds" in own
    assert own.endswith(describe_intervals(ACCURACY))
    assert not re.search(r"nan|inf|None", own)


def test_two_budgets_give_the_reason_for_no_curve(synthetic_curves):
    own = sentences_of(synthetic_curves(LAWS, (1, 2), seeds=2))
    assert re.match(f"No scaling curve for depth and compound: only 1{TIMES}, 2{TIMES} .* needs 4", own[0])
    assert any(re.match("depth: unknown whether .* 3 seeds .* 2 seeds", sentence) for sentence in own)
    assert describe_intervals(ACCURACY) not in own


@pytest.mark.parametrize("seeds", [1, 2, 5])
@pytest.mark.parametrize("times", [(1,), (1, 2), (2, 4, 8, 16), (1, 2, 4, 8)])
def test_no_sentence_contains_a_missing_number(synthetic_curves, seeds, times):
    assert not re.search(r"\bnan\b|\binf\b|None", " ".join(sentences_of(synthetic_curves(LAWS, times, seeds))))


def test_an_accuracy_beyond_the_curve_is_not_reached(synthetic_curves):
    good, bad = fit_curves(collect_evidence(synthetic_curves({"good": (0.02, 0.1, 0.8), "bad": (0.1, 0.02, 0.8)})))
    assert "does not reach" in describe_saving(measure_saving(good, bad))
    assert "whether it is fewer or more" not in describe_saving(measure_saving(bad, good))


def test_verdicts_on_growth(synthetic_curves):
    (still,) = measure_growth(
        collect_evidence(synthetic_curves({"a": (0.0, 0.3, 0.5)}, (1, 2), seeds=8, pictures=20_000))
    )
    assert describe_growth(still)[1] == f"a: still growing at 2{TIMES}."
    (gone,) = measure_growth(collect_evidence(synthetic_curves({"a": (0.1, 0.0, 0.5)}, (1, 2))))
    assert describe_growth(gone)[1].startswith(f"a: from 1{TIMES} on, no gain differs significantly from 0")
    (falls,) = measure_growth(collect_evidence(synthetic_curves({"a": (0.0, 0.1, -0.8)}, (1, 2), seeds=8)))
    assert describe_growth(falls)[1] == f"a: from 1{TIMES} on, accuracy falls."
    low, high = 100 * np.array(still.gains[0].estimate.interval())
    assert f"({low:+.2f} … {high:+.2f})" in describe_growth(still)[0]
