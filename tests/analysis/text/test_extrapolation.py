"""Sentences on held-out predictions: counts, sizes and names agree with the predictions."""

import re

import numpy as np
import pytest

from scaling_lab.analysis.curves.held_out import predict_held_out
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.metrics import ACCURACY
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.text.extrapolation import describe_held_out, format_form_prediction
from scaling_lab.formatting import TIMES

BUDGETS = (1.0, 2.0, 4.0, 8.0)


@pytest.fixture(scope="module")
def predictions():
    """Rule `falls` loses ten points at its largest budget; `steady` is as predicted; `wild` fits no form."""
    laws = {
        "steady": 1 - 0.45 * np.array(BUDGETS) ** -0.25,
        "falls": 1 - 0.45 * np.array(BUDGETS) ** -0.25 - [0, 0, 0, 0.3],
        "wild": np.array([0.55, 0.8, 0.6, 0.9]),
    }
    truth = {(rule, times): value for rule, law in laws.items() for times, value in zip(BUDGETS, law, strict=True)}
    table = make_study_table(truth, 5, 4000, np.random.default_rng(0))
    return predict_held_out(collect_evidence(table), 500)


def test_counts_and_names(predictions):
    ((_, sentences),) = describe_held_out(predictions).items()
    made = [prediction.combined for prediction in predictions if prediction.steps == 1 and prediction.combined]
    covered = sum(prediction.is_covered for prediction in made)
    assert (covered, len(made)) == (1, 2)
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", sentences[0])]
    sizes = sorted(100 * abs(prediction.miss) for prediction in made)
    assert numbers == pytest.approx([covered, len(made), *sizes, sum(sizes) / 2], abs=0.051)
    assert f"up to 4{TIMES} predict 8{TIMES}" in sentences[1]
    assert "1 of 2 rules" in sentences[1]
    assert "falls by" in sentences[1]
    assert "steady" not in sentences[1]
    (missing,) = [text for text in sentences if "wild" in text]
    assert "0.2" in missing


def test_all_that_cannot_be_predicted_is_one_sentence(synthetic_curves):
    laws = {"a": (0.0, 0.45, 0.25), "b": (0.05, 0.4, 0.5)}
    for times, seeds in ((BUDGETS, 1), ((1, 2, 4), 5)):
        descriptions = describe_held_out(predict_held_out(collect_evidence(synthetic_curves(laws, times, seeds=seeds))))
        ((_, (sentence,)),) = descriptions.items()
        assert "a and b" in sentence
    assert describe_held_out([]) == {}


def test_a_form_in_numbers(predictions):
    combined = next(prediction.combined for prediction in predictions if prediction.combined)
    predicted, measured, miss, p = format_form_prediction(combined, ACCURACY)
    assert float(predicted.removesuffix(" %")) == pytest.approx(100 * combined.accuracy, abs=0.051)
    assert float(measured.removesuffix(" %")) == pytest.approx(100 * (combined.accuracy + combined.miss), abs=0.051)
    assert len(re.findall(r"\d+\.\d\d", miss)) == 3
    assert float(p) == pytest.approx(combined.fit_p, abs=0.05)
    (untested, *_) = predictions[0].forms
    assert format_form_prediction(untested, ACCURACY)[3] == ""
