"""The grid of learning rates: baselines and largest networks, each once more at each factor."""

from dataclasses import replace

import pytest

from scaling_lab.errors import UserError
from scaling_lab.sweep.lr_grid import lr_grid
from scaling_lab.sweep.plan import plan_study, question_label, resolve_question
from tests.sweep.conftest import ask


def asks():
    return [ask(times_flops=times, seed=seed) for times in (1.0, 1.5, 2.0) for seed in (0, 1)] + [ask(r=0.8)]


def test_ends_of_the_budgets_at_each_factor():
    found = lr_grid(asks(), [0.5, 2])
    assert [(new.question.times_flops, new.question.lr_times, new.question.seed) for new, _ in found] == [
        (times, factor, seed) for factor in (0.5, 2) for times in (1.0, 2.0) for seed in (0, 1)
    ]
    assert all(replace(new.question, lr_times=1.0) == old.question for new, old in found)


def test_the_learning_rate_is_the_only_thing_that_changes():
    (new, old), *_ = lr_grid(asks(), [0.5])
    one, other = resolve_question(new)[1], resolve_question(old)[1]
    assert one.recipe == replace(other.recipe, lr=other.recipe.lr / 2)
    assert one.network == other.network
    assert one.key != other.key
    assert question_label(new.question) == "mobilenet_v1_small baseline lr 0.5x seed 0"


def test_a_factor_of_one_asks_nothing_twice():
    assert lr_grid(asks(), [1, 1.0]) == []
    whole = asks() + [new for new, _ in lr_grid(asks(), [2])]
    assert plan_study("x", (), whole).repeated == ()


@pytest.mark.parametrize("factor", [0, -1, float("nan"), "half", True, 101])
def test_other_factors_are_refused(factor):
    with pytest.raises(UserError, match=r"lr_grid has .*; it must be a number above 0 and up to 100"):
        lr_grid(asks(), [factor])
