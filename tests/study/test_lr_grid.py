"""The grid of learning rates: baselines and largest networks again, at each factor."""

from dataclasses import replace

import pytest

from scaling_lab.errors import UserError
from scaling_lab.study.labels import question_label
from scaling_lab.study.lr_grid import expand_lr_grid
from scaling_lab.study.plan import plan_study
from scaling_lab.study.resolve_question import QuestionSpec, resolve_question
from tests.study.conftest import question_spec


def make_specs() -> list[QuestionSpec]:
    return [question_spec(times_flops=times, seed=seed) for times in (1.0, 1.5, 2.0) for seed in (0, 1)] + [
        question_spec(r=0.8)
    ]


def test_smallest_and_largest_budget_at_each_factor() -> None:
    expanded = expand_lr_grid(make_specs(), [0.5, 2])
    assert [(spec.question.times_flops, spec.question.lr_times, spec.question.seed) for spec in expanded] == [
        (times, factor, seed) for factor in (0.5, 2) for times in (1.0, 2.0) for seed in (0, 1)
    ]
    originals = [spec.question for spec in make_specs()]
    assert all(replace(spec.question, lr_times=1.0) in originals for spec in expanded)


def test_only_the_learning_rate_changes() -> None:
    spec, *_ = expand_lr_grid(make_specs(), [0.5])
    point, original = resolve_question(spec)[1], resolve_question(make_specs()[0])[1]
    assert point.recipe == replace(original.recipe, lr=original.recipe.lr / 2)
    assert point.network == original.network
    assert point.key != original.key
    assert question_label(spec.question) == "mobilenet_v1_small baseline lr 0.5x seed 0"


def test_factor_one_repeats_no_question() -> None:
    assert expand_lr_grid(make_specs(), [1, 1.0]) == []
    assert plan_study("x", (), make_specs() + expand_lr_grid(make_specs(), [2])).repeated == ()


@pytest.mark.parametrize("factor", [0, -1, float("nan"), "half", True, 101])
def test_invalid_factors_are_refused(factor: object) -> None:
    with pytest.raises(UserError, match=r"lr_grid .*100"):
        expand_lr_grid(make_specs(), [factor])  # type: ignore[list-item]
