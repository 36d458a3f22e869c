"""The sentence of a plan on its power."""

from collections.abc import Callable
from math import sqrt

import pandas as pd
import pytest

from scaling_lab.analysis.stats.planned_power import LOUD_NOISE, QUIET_NOISE, AssumedNoise, smallest_decided
from scaling_lab.study.plan import Study, plan_study
from scaling_lab.study.planned_power import describe_power, measure_deviation
from scaling_lab.study.resolve_question import QuestionSpec

MakeSpec = Callable[..., QuestionSpec]


def planned(make_spec: MakeSpec, rules: tuple[str, ...], seeds: int, times: tuple[float, ...] = (1, 2)) -> str:
    specs = [make_spec(rule=r, times_flops=t, seed=s) for r in rules for t in times for s in range(seeds)]
    return describe_power(plan_study("s", (), specs))


@pytest.mark.parametrize("seeds", [3, 5])
def test_the_difference_is_that_of_the_seeds_and_pairs(make_spec: MakeSpec, seeds: int) -> None:
    sentence = planned(make_spec, ("depth", "width", "resolution"), seeds)
    images = int(sentence.split(" test images")[0].rpartition(" ")[2].replace(",", ""))
    for count in (seeds, 2 * seeds):
        low, high = (100 * smallest_decided(count, images, 3, 3, noise) for noise in (QUIET_NOISE, LOUD_NOISE))
        assert f"{low:.1f} to {high:.1f} points apart" in sentence
    assert "3 pairs" in sentence


def test_two_seeds_have_no_power(make_spec: MakeSpec) -> None:
    assert "3 seeds" in planned(make_spec, ("depth", "width"), 2)


def test_nothing_is_printed_without_a_comparison(make_spec: MakeSpec) -> None:
    assert planned(make_spec, ("depth",), 3) == ""
    assert planned(make_spec, ("depth", "width"), 3, times=(1,)) == ""


def accuracy_rows(study: Study, spread: dict[str, float]) -> pd.DataFrame:
    """Return what `read_accuracies` does: three seeds of each network, the middle one at 0.6."""
    rows = [
        vars(entry.question)
        | {
            "key": entry.key,
            "learned": True,
            "test_accuracy": 0.6 + (entry.question.seed - 1) * spread[entry.question.rule],
        }
        for entry in study.plan.entries
    ]
    return pd.DataFrame(rows)


def test_the_spread_of_finished_seeds_is_used(make_spec: MakeSpec) -> None:
    rules = {"depth": 0.01, "width": 0.02, "resolution": 0.03}
    specs = [make_spec(rule=r, times_flops=t, seed=s) for r in rules for t in (1, 1.5, 2) for s in range(3)]
    study = plan_study("s", (), specs)
    rows = accuracy_rows(study, rules)
    rows.loc[rows["times_flops"] == 1, "test_accuracy"] = 0.5  # one network for all rules
    deviation = measure_deviation(rows)
    assert deviation == pytest.approx(sqrt(2 * (0.01**2 + 0.02**2 + 0.03**2) / 7))
    images = len(next(iter(study.points.values())).dataset.test)
    expected = smallest_decided(3, images, 3, 3, AssumedNoise(deviation, LOUD_NOISE.by_image))
    sentence = describe_power(study, rows)
    assert f"two rules {100 * expected:.1f} points apart" in sentence
    assert f"{100 * deviation:.2f} points" in sentence
    other = rows.assign(recipe="other", test_accuracy=rows["test_accuracy"] ** 2)
    assert describe_power(study, pd.concat([rows, other], ignore_index=True)) == sentence


def test_few_results_give_no_spread(make_spec: MakeSpec) -> None:
    rules = {"depth": 0.01, "width": 0.02}
    specs = [make_spec(rule=r, times_flops=t, seed=s) for r in rules for t in (1, 2, 4) for s in range(3)]
    rows = accuracy_rows(plan_study("s", (), specs), rules)
    assert measure_deviation(rows) is not None
    assert measure_deviation(rows[rows["times_flops"] != 4]) is None
    assert measure_deviation(rows.assign(test_accuracy=0.6)) is None
    assert measure_deviation(rows[rows["seed"] < 2]) is None


def test_the_spread_of_another_learning_rate_is_not_used(make_spec: MakeSpec) -> None:
    rules = {"depth": 0.01, "width": 0.02}
    specs = [make_spec(rule=r, times_flops=t, seed=s) for r in rules for t in (1, 2, 4) for s in range(3)]
    study = plan_study("s", (), specs)
    rows = accuracy_rows(study, rules)
    assert describe_power(study, rows) != describe_power(study)
    assert describe_power(study, rows.assign(lr_times=2.0)) == describe_power(study)
