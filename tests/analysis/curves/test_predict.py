"""Predictions of budgets that were not trained."""

import numpy as np
import pytest

import scaling_lab as lab
from scaling_lab.analysis.curves.predict import predict_budgets
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.cli import main

LAW = (0.1, 0.3, 0.4)
TIMES = np.array([1, 2, 4, 8, 16.0])


@pytest.fixture
def line_study():
    """Evidence of a rule whose error falls by three points a doubling, almost without noise of seeds."""

    def make(seeds=5):
        truth = {("compound", float(times)): 0.6 + 0.03 * np.log2(times) for times in TIMES}
        return collect_evidence(make_study_table(truth, seeds, 4000, np.random.default_rng(1)))

    return make


def test_a_line_is_read_as_numpy_fits_it(line_study):
    evidence = line_study()
    (prediction,) = predict_budgets(evidence, [32])
    cells = [arm.cell for arm in evidence.arms]
    means, errors = (np.array([f(cell.accuracy) for cell in cells]) for f in (np.mean, np.std))
    slope, offset = np.polyfit(np.log2(TIMES), means, 1)
    low, high = prediction.interval
    assert low < offset + slope * 5 < high
    assert low < 0.75 < high
    assert 0 < high - low < 0.2
    assert errors.max() < 0.05


def test_intervals_widen_beyond_the_data(line_study):
    inside, beyond = predict_budgets(line_study(), [4, 32])
    widths = [np.ptp(prediction.interval) for prediction in (inside, beyond)]
    assert widths[1] > 1.2 * widths[0]


@pytest.mark.parametrize(
    ("times", "seeds", "at", "reason"),
    [
        (TIMES, 5, 33, "twice the largest"),
        (TIMES, 5, 0.4, "half the smallest"),
        ((1, 2), 5, 4, "needs 3 budgets"),
        (TIMES, 2, 32, "2 seeds"),
    ],
)
def test_a_prediction_that_is_not_possible_has_a_reason(synthetic_curves, times, seeds, at, reason):
    (prediction,) = predict_budgets(collect_evidence(synthetic_curves({"compound": LAW}, times, seeds)), [at])
    assert (prediction.accuracy, prediction.interval, prediction.form) == (None, None, None)
    assert reason in prediction.reason


def test_without_a_form_that_fits_there_is_no_prediction(synthetic_curves):
    zigzag = {"compound": LAW}
    table = synthetic_curves(zigzag, pictures=5000)
    table["test_accuracy"] = table["test_accuracy"].where(table["times_flops"] != 4, table["test_accuracy"].min())
    swapped = table["times_flops"].isin([2, 8])
    own = table.loc[table["times_flops"] == 1, ["seed", "test_accuracy", "test_correct"]].set_index("seed")
    for column in ("test_accuracy", "test_correct"):
        table.loc[swapped, column] = table.loc[swapped, "seed"].map(own[column])
    (prediction,) = predict_budgets(collect_evidence(table), [32])
    assert prediction.accuracy is None
    assert "no form fits" in prediction.reason


def test_table_and_command(make_study, tmp_path, capsys):
    folder = make_study(["resnet_small"], times=(1, 2, 4), seeds=range(3)).written(tmp_path / "one")
    table = lab.predict(folder, [6, 99])
    assert table["times_flops"].tolist() == [6, 99] * (len(table) // 2)
    assert table.loc[table["times_flops"] == 99, "why_not"].str.contains("twice the largest").all()
    assert main(["extrapolate", str(folder), "--at", "6,99"]) == 0
    assert "twice the largest" in capsys.readouterr().out


@pytest.mark.parametrize("at", ["0", "x", "-1", "nan", "1,,2"])
def test_budgets_are_numbers_above_zero(at, capsys):
    assert main(["extrapolate", "results/none", "--at", at]) == 2
    error = capsys.readouterr().err
    assert "--at is" in error
    with pytest.raises(lab.UserError, match="times_flops"):
        lab.predict("results/none", at.split(","))
