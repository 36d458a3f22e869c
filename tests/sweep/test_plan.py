from collections.abc import Callable
from dataclasses import replace

import pytest

from scaling_lab.errors import UserError, UserErrors
from scaling_lab.networks.scaling.rounding import FITTED, PAPER
from scaling_lab.store.schema import Question
from scaling_lab.sweep.plan import QuestionSpec, plan_study, question_label, resolve_question

MakeSpec = Callable[..., QuestionSpec]


def test_the_data_set_decides_classes_and_channels(make_ask: MakeSpec) -> None:
    _, point = resolve_question(make_ask())
    assert (point.network.classes, point.network.channels) == (10, 1)


def test_an_entry_holds_what_was_got(make_ask: MakeSpec) -> None:
    entry, point = resolve_question(make_ask(rule="width", times_flops=2))
    assert entry.key == point.key
    assert entry.times_flops_got == pytest.approx(2, rel=0.02)
    assert entry.w_got > 1
    assert (entry.d_got, entry.r_got, entry.side) == (1, 1, point.network.side)


def test_every_rule_at_once_the_flops_is_the_baseline(make_ask: MakeSpec) -> None:
    planned = plan_study("s", (), [make_ask(rule=rule) for rule in ("depth", "width", "resolution", "compound")])
    assert len(planned.plan.entries) == 4
    assert len(planned.points) == 1
    assert planned.plan.entries[0].times_flops_got == 1


def test_a_question_asked_twice_is_dropped_and_counted(make_ask: MakeSpec) -> None:
    planned = plan_study("s", ("a=1",), [make_ask(seed=0), make_ask(seed=1), make_ask(seed=0)])
    assert [entry.question.seed for entry in planned.plan.entries] == [0, 1]
    assert [question.seed for question in planned.repeated] == [0]
    assert planned.plan.asked == ("a=1",)


def test_points_keep_the_order_of_their_first_question(make_ask: MakeSpec) -> None:
    asks = [make_ask(seed=1), make_ask(seed=0), make_ask(seed=1, rule="depth")]
    planned = plan_study("s", (), asks)
    assert [point.seed for point in planned.points.values()] == [1, 0]
    assert [question.rule for question in planned.questions.values()] == ["width", "width"]


def test_all_mistakes_are_told_with_how_many_questions_make_them(make_ask: MakeSpec) -> None:
    wrong = [make_ask(times_flops=0, seed=seed) for seed in (0, 1, 2, 2)] + [make_ask(batch=9001), make_ask(r=2.0)]
    with pytest.raises(UserErrors) as told:
        plan_study("s", (), [make_ask(), *wrong])
    assert [message.partition(";")[0] for message in told.value.messages] == [
        "mobilenet_v1_small width 0x seed 0 and 2 more questions: times_flops is 0",
        "mobilenet_v1_small baseline seed 0: recipe batch is 9001",
        "mobilenet_v1_small multipliers d=1 w=1 r=2 seed 0: side 40 px is above the 28 px that fashion_mnist has",
    ]


@pytest.mark.parametrize("budget", [0, -1, float("nan"), float("inf"), 1e9])
def test_a_budget_out_of_range_is_told_with_the_question(make_ask: MakeSpec, budget: float) -> None:
    with pytest.raises(UserError, match=r"^mobilenet_v1_small width \S+x seed 0: times_flops is .* 0.01 and 1000"):
        resolve_question(make_ask(times_flops=budget))


def test_a_budget_that_no_network_meets(make_ask: MakeSpec) -> None:
    with pytest.raises(UserError, match=r"resolution 1.1x seed 0: no network within 5% .* the nearest has"):
        resolve_question(make_ask(rule="resolution", times_flops=1.1))


def test_a_batch_larger_than_the_data(make_ask: MakeSpec) -> None:
    with pytest.raises(UserError, match=r"baseline seed 0: recipe batch is 9001; .* 9000 pictures"):
        resolve_question(make_ask(batch=9001))


def test_a_side_too_small_for_the_strides(make_ask: MakeSpec) -> None:
    with pytest.raises(UserError, match=r"multipliers d=1 w=1 r=0.1 seed 0: side 2 px is too small"):
        resolve_question(make_ask(r=0.1))


def test_pictures_are_enlarged_only_when_asked(make_ask: MakeSpec) -> None:
    large = make_ask(r=2.0)
    with pytest.raises(UserError, match=r"above the 28 px that fashion_mnist has; above_native=true"):
        plan_study("s", (), [large])
    assert len(plan_study("s", (), [large], above_native=True).points) == 1


def test_a_label_is_short(make_ask: MakeSpec) -> None:
    question: Question = make_ask(rule="compound", times_flops=2, seed=1).question
    assert question_label(question) == "mobilenet_v1_small compound 2x seed 1"
    assert question_label(replace(question, times_flops=1.0)) == "mobilenet_v1_small baseline seed 1"
    assert question_label(replace(question, rounding=PAPER.name)) == "mobilenet_v1_small compound 2x paper seed 1"
    assert question_label(make_ask(r=1.5).question) == "mobilenet_v1_small multipliers d=1 w=1 r=1.5 seed 0"
    assert FITTED.name not in question_label(question)
