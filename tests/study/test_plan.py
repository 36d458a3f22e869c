from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scaling_lab.errors import UserError, UserErrors
from scaling_lab.networks.scaling.rounding import FITTED, PAPER
from scaling_lab.store.plan_schema import Question
from scaling_lab.store.results import Store
from scaling_lab.study.labels import question_label
from scaling_lab.study.plan import plan_study
from scaling_lab.study.resolve_question import QuestionSpec, resolve_question

MakeSpec = Callable[..., QuestionSpec]


def test_the_dataset_decides_classes_and_channels(make_spec: MakeSpec) -> None:
    _, point = resolve_question(make_spec())
    assert (point.network.classes, point.network.channels) == (10, 1)


def test_an_entry_has_the_obtained_multipliers(make_spec: MakeSpec) -> None:
    entry, point = resolve_question(make_spec(rule="width", times_flops=2))
    assert entry.key == point.key
    assert entry.times_flops_got == pytest.approx(2, rel=0.02)
    assert entry.w_got > 1
    assert (entry.d_got, entry.r_got, entry.side) == (1, 1, point.network.side)


def test_every_rule_at_one_times_the_flops_is_the_baseline(make_spec: MakeSpec) -> None:
    planned = plan_study("s", (), [make_spec(rule=rule) for rule in ("depth", "width", "resolution", "compound")])
    assert len(planned.plan.entries) == 4
    assert len(planned.points) == 1
    assert planned.plan.entries[0].times_flops_got == 1


def test_a_repeated_question_is_dropped_and_listed(make_spec: MakeSpec) -> None:
    planned = plan_study("s", ("a=1",), [make_spec(seed=0), make_spec(seed=1), make_spec(seed=0)])
    assert [entry.question.seed for entry in planned.plan.entries] == [0, 1]
    assert [question.seed for question in planned.repeated] == [0]
    assert planned.plan.asked == ("a=1",)


def test_points_keep_the_order_of_their_first_question(make_spec: MakeSpec) -> None:
    specs = [make_spec(seed=1), make_spec(seed=0), make_spec(seed=1, rule="depth")]
    planned = plan_study("s", (), specs)
    assert [planned_point.point.seed for planned_point in planned.points.values()] == [1, 0]
    assert [planned_point.question.rule for planned_point in planned.points.values()] == ["width", "width"]


def test_all_mistakes_are_reported_with_the_number_of_questions(make_spec: MakeSpec) -> None:
    wrong = [make_spec(times_flops=0, seed=seed) for seed in (0, 1, 2, 2)] + [make_spec(batch=9001), make_spec(r=2.0)]
    with pytest.raises(UserErrors) as caught:
        plan_study("s", (), [make_spec(), *wrong])
    budget, batch, side = caught.value.messages
    assert budget.startswith("mobilenet_v1_small width 0x seed 0 and 2 more questions: times_flops is 0")
    assert batch.startswith("mobilenet_v1_small baseline seed 0: recipe batch is 9001")
    assert side.startswith("mobilenet_v1_small multipliers d=1 w=1 r=2 seed 0: side 40 px")
    assert all(text in side for text in ("28 px", "fashion_mnist", "above_native=true"))


@pytest.mark.parametrize("budget", [0, -1, float("nan"), float("inf"), 1e9])
def test_a_budget_out_of_range_is_reported_with_the_question(make_spec: MakeSpec, budget: float) -> None:
    with pytest.raises(UserError, match=r"^mobilenet_v1_small width \S+x seed 0: times_flops .*0\.01.*1000"):
        resolve_question(make_spec(times_flops=budget))


def test_a_budget_that_no_network_meets(make_spec: MakeSpec) -> None:
    with pytest.raises(UserError, match=r"resolution 1\.1x seed 0: .*5%"):
        resolve_question(make_spec(rule="resolution", times_flops=1.1))


def test_a_batch_larger_than_the_data(make_spec: MakeSpec) -> None:
    with pytest.raises(UserError, match=r"baseline seed 0: .*batch.*9001.*9000"):
        resolve_question(make_spec(batch=9001))


def test_a_side_too_small_for_the_strides(make_spec: MakeSpec) -> None:
    with pytest.raises(UserError, match=r"multipliers d=1 w=1 r=0\.1 seed 0: side is 2 px"):
        resolve_question(make_spec(r=0.1))


def test_images_are_upscaled_only_with_above_native(make_spec: MakeSpec) -> None:
    large = make_spec(r=2.0)
    with pytest.raises(UserError, match=r"28 px.*fashion_mnist.*above_native=true"):
        plan_study("s", (), [large])
    assert len(plan_study("s", (), [large], above_native=True).points) == 1


def test_infeasible_questions_are_left_out_and_recorded(make_spec: MakeSpec, tmp_path: Path) -> None:
    """A budget that no network meets and images larger than the dataset's; mistakes are refused all the same."""
    missed, large = make_spec(rule="resolution", times_flops=1.1), make_spec(r=2.0, seed=1)
    with pytest.raises(UserErrors) as refused:
        plan_study("s", (), [make_spec(), missed, large])
    assert all("infeasible=skip" in message for message in refused.value.messages)

    planned = plan_study("s", (), [missed, make_spec(), large, missed], infeasible="skip")
    assert [entry.question for entry in planned.plan.entries] == [make_spec().question]
    assert [skipped.question for skipped in planned.plan.skipped] == [missed.question, large.question]
    assert ["5%" in planned.plan.skipped[0].reason, "28 px" in planned.plan.skipped[1].reason] == [True, True]
    Store(tmp_path).write_plan(planned.plan)
    assert Store(tmp_path).read_plan() == planned.plan

    with pytest.raises(UserErrors) as mistakes:
        plan_study("s", (), [missed, make_spec(times_flops=0), make_spec(batch=9001)], infeasible="skip")
    assert len(mistakes.value.messages) == 2
    with pytest.raises(UserErrors, match="5%"):
        plan_study("s", (), [missed], infeasible="skip")


def test_a_label_is_short(make_spec: MakeSpec) -> None:
    question: Question = make_spec(rule="compound", times_flops=2, seed=1).question
    assert question_label(question) == "mobilenet_v1_small compound 2x seed 1"
    assert question_label(replace(question, times_flops=1.0)) == "mobilenet_v1_small baseline seed 1"
    assert question_label(replace(question, rounding=PAPER.name)) == "mobilenet_v1_small compound 2x paper seed 1"
    assert question_label(make_spec(r=1.5).question) == "mobilenet_v1_small multipliers d=1 w=1 r=1.5 seed 0"
    assert FITTED.name not in question_label(question)
