"""Gains per doubling against pandas, and verdicts that need their intervals."""

import numpy as np
import pytest

from scaling_lab.analysis.curves.growth import measure_growth
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.synthetic_answers import ProbitNoise


def test_gains_are_differences_over_doublings(synthetic_curves):
    table = synthetic_curves({"compound": (0.05, 0.07, 0.5)}, (1, 2, 8))
    (growth,) = measure_growth(collect_evidence(table))
    mean = table.groupby("times_flops")["test_accuracy"].mean()
    assert [gain.value for gain in growth.gains] == pytest.approx([mean[2] - mean[1], (mean[8] - mean[2]) / 2])
    last = growth.gains[1]
    difference = estimate_contrast([(last.stop.cell, 1.0), (last.start.cell, -1.0)])
    assert np.array(last.estimate.interval()) == pytest.approx(np.array(difference.interval()) / 2)


@pytest.mark.parametrize(
    ("errors", "since"),
    [
        ({1: 0.3, 2: 0.25, 4: 0.2, 8: 0.15}, None),
        ({1: 0.3, 2: 0.2, 4: 0.2, 8: 0.2}, 2),
        ({1: 0.3, 2: 0.2, 4: 0.1, 8: 0.085}, 4),
        ({1: 0.3, 2: 0.2, 4: 0.2, 8: 0.1}, None),
        ({1: 0.3, 2: 0.3, 4: 0.32, 8: 0.34}, 1),
        ({1: 0.3, 2: 0.2}, None),
    ],
)
def test_saturates_from_where_no_later_doubling_gains(errors, since):
    truth = {("rule", float(times)): 1 - error for times, error in errors.items()}
    quiet = ProbitNoise(seed=0.02, image=3, rule=0.1)
    (growth,) = measure_growth(collect_evidence(make_study_table(truth, 8, 20_000, np.random.default_rng(5), quiet)))
    assert growth.reason is None
    assert (growth.saturates_from and growth.saturates_from.times_flops) == since
    assert growth.is_growing == (since is None)


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_give_gains_without_a_verdict(synthetic_curves, seeds):
    (growth,) = measure_growth(collect_evidence(synthetic_curves({"compound": (0.05, 0.07, 0.5)}, (1, 2), seeds=seeds)))
    assert len(growth.gains) == 1
    assert growth.gains[0].estimate is None
    assert (growth.saturates_from, growth.is_growing) == (None, False)
    assert f"{seeds} seed" in growth.reason


def test_one_budget_has_no_gain(synthetic_curves):
    (growth,) = measure_growth(collect_evidence(synthetic_curves({"compound": (0.05, 0.07, 0.5)}, (2,))))
    assert (growth.gains, growth.reason, growth.is_growing) == ((), "a gain needs two budgets with results", False)
    assert measure_growth(collect_evidence(synthetic_curves({"compound": (0.05, 0.07, 0.5)}).iloc[:0])) == []
