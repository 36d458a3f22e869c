"""Held-out extrapolation on known laws: intervals of another derivation, coverage, and all that is not there."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, t

from scaling_lab.analysis.by_metric import score_evidence
from scaling_lab.analysis.curves.held_out import COMBINED, predict_held_out
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.extrapolation_table import make_extrapolation_table
from scaling_lab.analysis.metrics import LOSS
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.synthetic import make_study_table

POWER = (0.0, 0.45, 0.25)
FLOOR = (0.15, 0.3, 0.5)
TIMES = (1, 2, 4, 8)


def predict(table, count=200):
    return predict_held_out(collect_evidence(table), count)


def find(predictions, fitted, target):
    (prediction,) = [
        prediction
        for prediction in predictions
        if (len(prediction.fitted), prediction.target.times_flops) == (fitted, target)
    ]
    return prediction


def of_form(prediction, name):
    return next(form for form in prediction.forms if form.form == name)


def test_every_larger_budget_is_predicted_by_the_forms_that_the_budgets_determine(synthetic_curves):
    predictions = predict(synthetic_curves({"compound": POWER}, TIMES))
    steps = [(len(prediction.fitted), prediction.target.times_flops, prediction.steps) for prediction in predictions]
    assert steps == [(2, 4, 1), (2, 8, 2), (3, 8, 1)]
    assert [form.form for form in predictions[0].forms] == ["line", "power"]
    assert [form.form for form in predictions[-1].forms] == ["line", "power", "offset", "quadratic"]
    assert predictions[0].combined is None
    assert "one more budget" in predictions[0].reason
    assert {form.fit_p for form in predictions[0].forms} == {None}
    assert [form.fit_p is None for form in predictions[-1].forms] == [False, False, True, True]


def test_predictions_are_those_of_numpy(synthetic_curves):
    last = predict(synthetic_curves({"compound": POWER}, TIMES, pictures=20_000))[-1]
    accuracy = np.array([point.accuracy for point in last.fitted])
    line = np.polyval(np.polyfit(np.log([1, 2, 4]), accuracy, 2), np.log(8))
    assert of_form(last, "quadratic").accuracy == pytest.approx(line)
    assert of_form(last, "power").accuracy == pytest.approx(1 - 0.45 * 8**-0.25, abs=0.01)
    assert of_form(last, "power").miss == pytest.approx(last.target.accuracy - of_form(last, "power").accuracy)


def test_the_interval_of_a_line_is_that_of_the_weighted_sum(synthetic_curves):
    prediction = find(predict(synthetic_curves({"compound": POWER}, (1, 2, 4))), 2, 4)
    start, stop = (point.cell for point in prediction.fitted)
    estimate = estimate_contrast([(prediction.target.cell, 1.0), (stop, -2.0), (start, 1.0)])
    assert of_form(prediction, "line").interval == pytest.approx(estimate.interval())
    assert of_form(prediction, "line").miss == pytest.approx(estimate.value)


def test_the_interval_of_a_power_law_is_near_that_of_the_delta_method(synthetic_curves):
    """Through two points, error(4x) = e2^2 / e1, whose derivatives are those of a weighted sum."""
    table = synthetic_curves({"compound": POWER}, (1, 2, 4), seeds=20, pictures=10_000)
    prediction = find(predict(table, 4000), 2, 4)
    start, stop = prediction.fitted
    ratio = (1 - stop.accuracy) / (1 - start.accuracy)
    estimate = estimate_contrast([(prediction.target.cell, 1.0), (stop.cell, -2 * ratio), (start.cell, ratio**2)])
    half = t.ppf(0.975, estimate.freedom) * estimate.standard_error
    form = of_form(prediction, "power")
    assert form.interval == pytest.approx((form.miss - half, form.miss + half), abs=0.12 * half)


@pytest.mark.parametrize(("law", "fitted"), [(POWER, 3), (FLOOR, 4)])
def test_combined_intervals_cover(synthetic_curves, law, fitted):
    coverage = []
    for rng in range(16):
        table = synthetic_curves({"compound": law}, (1, 2, 4, 8, 16)[: fitted + 1], pictures=1000, rng=rng)
        coverage += [prediction.combined.is_covered for prediction in predict(table)[-1:] if prediction.combined]
    assert len(coverage) > 8
    assert sum(coverage) >= binom.ppf(0.001, len(coverage), 0.95)


def test_the_target_does_not_take_part_in_its_prediction(synthetic_curves):
    table = synthetic_curves({"a": POWER}, TIMES)
    poor = make_study_table({("a", 1.0): 0.3, ("a", 8.0): 0.25}, 5, 2000, np.random.default_rng(0))
    spoiled = pd.concat([table[table["times_flops"] != 8], poor[poor["times_flops"] == 8]])
    first, other = (find(predict(rows), 3, 8) for rows in (table, spoiled))
    assert first.target.accuracy > other.target.accuracy + 0.3
    for form, same in zip((*first.forms, first.combined), (*other.forms, other.combined), strict=True):
        assert (form.source, form.accuracy) == (same.source, same.accuracy)
        assert form.fit_p == pytest.approx(same.fit_p, abs=0.1)
    assert first.combined.is_covered
    assert other.combined.is_covered is False


def test_the_combined_interval_reaches_over_every_form_that_is_not_ruled_out(synthetic_curves):
    made = [
        prediction
        for prediction in predict(synthetic_curves({"a": FLOOR}, (1, 2, 4, 8, 16), pictures=8000))
        if prediction.combined
    ]
    assert len(made) > 1
    for prediction in made:
        combined, untested = prediction.combined, {3: ("offset", "quadratic"), 4: ("broken",)}[len(prediction.fitted)]
        within = [form.interval for form in prediction.forms if form.is_accepted or form.form in untested]
        assert len(within) < len(prediction.forms) or len(prediction.fitted) == 3
        assert combined.form == COMBINED
        assert combined.interval == (min(low for low, _ in within), max(high for _, high in within))
        source = of_form(prediction, combined.source)
        assert source.is_accepted
        assert (source.accuracy, source.fit_p) == (combined.accuracy, combined.fit_p)


def test_no_prediction_where_every_form_is_rejected():
    accuracies = dict(zip((1, 2, 4, 8, 16, 32), (0.5, 0.6, 0.52, 0.64, 0.5, 0.6), strict=True))
    table = make_study_table(
        {("a", float(times)): value for times, value in accuracies.items()}, 5, 4000, np.random.default_rng(0)
    )
    prediction = find(predict(table), 5, 32)
    assert prediction.combined is None
    assert not any(form.is_accepted for form in prediction.forms)
    assert "p = 0 " in prediction.reason


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_give_predictions_without_intervals(synthetic_curves, seeds):
    for prediction in predict(synthetic_curves({"a": POWER}, TIMES, seeds=seeds)):
        assert prediction.combined is None
        assert "needs 3 seeds" in prediction.reason
        assert {form.interval for form in prediction.forms} == {None}
        assert {form.is_covered for form in prediction.forms} == {None}


def test_a_target_with_few_seeds_has_no_interval(synthetic_curves):
    table = synthetic_curves({"a": POWER}, TIMES)
    prediction = find(predict(table[(table["times_flops"] < 8) | (table["seed"] < 2)]), 3, 8)
    assert prediction.combined is None
    assert "only 2 seeds" in prediction.reason
    assert of_form(prediction, "line").fit_p is not None


@pytest.mark.parametrize("times", [(1,), (1, 2), (2,)])
def test_less_than_three_budgets_predict_nothing(synthetic_curves, times):
    assert predict(synthetic_curves({"a": POWER}, times)) == []


def test_a_budget_without_results_is_left_out(synthetic_curves):
    table = synthetic_curves({"a": POWER, "b": FLOOR}, TIMES)
    table.loc[(table["rule"] == "a") & (table["times_flops"] == 2), "test_accuracy"] = float("nan")
    steps = {(prediction.rule, len(prediction.fitted), prediction.target.times_flops) for prediction in predict(table)}
    assert {step for step in steps if step[0] == "a"} == {("a", 2, 8)}
    assert len(steps) == 4


def test_budgets_that_give_the_same_network_count_once(synthetic_curves):
    table = synthetic_curves({"a": POWER}, TIMES)
    again = table[table["times_flops"] == 4].assign(times_flops=4.1)
    predictions = predict(pd.concat([table, again]))
    assert [(len(prediction.fitted), prediction.target.times_flops) for prediction in predictions] == [
        (2, 4),
        (2, 8),
        (3, 8),
    ]


def test_settings_and_networks_off_their_rule(synthetic_curves, set_shares):
    table = synthetic_curves({"a": POWER}, TIMES)
    off = set_shares(table, "a", (1, 0, 0), (0.5, 0.5, 0))
    other = table.assign(family="other", key=table["key"] + "-other")
    predictions = predict(pd.concat([off, other]))
    assert [prediction.setting.family for prediction in predictions] == ["synthetic"] * 3 + ["other"] * 3
    assert [prediction.off_rule for prediction in predictions] == [(2, 4), (2, 8), (2, 4, 8), (), (), ()]


def test_losses_are_predicted_in_nats(synthetic_curves):
    table = synthetic_curves({"a": POWER}, TIMES)
    noise = np.random.default_rng(1).normal(0, 0.002, len(table))
    table["test_loss"] = 1.6 * table["times_flops"].astype(float) ** -0.25 + noise
    predictions = predict_held_out(score_evidence(collect_evidence(table), table, LOSS), 200)
    last = make_extrapolation_table(predictions).iloc[-1]
    assert (last["metric"], last["form"]) == ("loss", COMBINED)
    assert last["predicted"] == pytest.approx(1.6 * 8**-0.25, abs=0.03)
    assert last["miss"] == pytest.approx(last["predicted"] - last["measured"])
    assert last["low"] < 0 < last["high"]
    assert last["high"] - last["low"] < 0.1
