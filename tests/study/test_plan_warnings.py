"""Each kind of warning about a plan, from the values that cause it and from those next to them that do not."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.networks.costs.memory import training_step_bytes
from scaling_lab.study.plan import Study, plan_study
from scaling_lab.study.plan_warnings import (
    better_budgets,
    equal_rules,
    ignored_budgets,
    ignored_on_cpu,
    long_forecasts,
    long_warm_ups,
    missed_shares,
    missing_baselines,
    too_large_networks,
)
from scaling_lab.study.resolve_question import QuestionSpec
from scaling_lab.study.schedule import Schedule

MakeSpec = Callable[..., QuestionSpec]


def with_recipe(spec: QuestionSpec, **changes: float) -> Study:
    return plan_study("s", (), [replace(spec, recipe=replace(spec.recipe, **changes))])


@pytest.mark.parametrize(("epochs", "steps"), [(1, 140), (2, None), (5, None)])
def test_a_warm_up_of_most_steps(make_spec: MakeSpec, epochs: int, steps: int | None) -> None:
    """The recipe `short` has a warm-up of one epoch of 140 steps."""
    lines = list(long_warm_ups(with_recipe(make_spec(), epochs=epochs)))
    assert [f"140 of {steps} training steps" in line and "recipe.warmup_epochs" in line for line in lines] == [True] * (
        steps is not None
    )


@pytest.mark.parametrize(
    ("override", "is_explicit", "is_warned"),
    [
        ("times_flops=1,2", True, True),
        ("times_flops=1", True, False),
        ("seed=2", True, False),
        ("times_flops=2", False, False),
    ],
)
def test_a_budget_together_with_multipliers(
    make_spec: MakeSpec, override: str, is_explicit: bool, is_warned: bool
) -> None:
    spec = make_spec(r=1.0) if is_explicit else make_spec(times_flops=2)
    assert len(list(ignored_budgets(plan_study("s", (override,), [spec]).plan))) == is_warned


@pytest.mark.parametrize(("budgets", "is_warned"), [((2, 4), True), ((1, 2), False)])
def test_budgets_without_a_baseline(make_spec: MakeSpec, budgets: tuple[float, ...], is_warned: bool) -> None:
    plan = plan_study("s", (), [make_spec(times_flops=times) for times in budgets]).plan
    lines = list(missing_baselines(plan))
    assert len(lines) == is_warned
    assert all("times_flops" in line for line in lines)


def test_settings_of_gpus_on_a_cpu() -> None:
    options = SweepOptions("s", execution=ExecutionOptions(deterministic=True), workers_per_device=2)
    assert [line.partition("=")[0] for line in ignored_on_cpu(options, ("cpu", "cpu"))] == [
        "deterministic",
        "workers_per_device",
    ]
    assert not list(ignored_on_cpu(options, ("cuda:0", "cuda:0")))
    assert not list(ignored_on_cpu(SweepOptions("s"), ("cpu",)))


def test_rules_that_come_to_one_network(make_spec: MakeSpec) -> None:
    """At 2x, compound and uniform buy the same block and channels of mobilenet_v1_small; width does not."""
    specs = [
        make_spec(rule=rule, times_flops=t, seed=s)
        for rule in ("compound", "uniform", "width")
        for t in (1, 2)
        for s in (0, 1)
    ]
    [line] = equal_rules(plan_study("s", (), specs).plan)
    assert "mobilenet_v1_small at 2x: compound and uniform" in line
    assert not list(equal_rules(plan_study("s", (), [s for s in specs if s.question.rule != "uniform"]).plan))


def test_shares_far_from_the_requested_ones(make_spec: MakeSpec) -> None:
    """compound asks 0.29 of mobilenet_v1_small's 2x to be width and gets 0.16."""
    specs = []
    for rule in ("compound", "width"):
        spec = make_spec(rule=rule, times_flops=2)
        requested = vars(spec.rule.multipliers(2))
        specs.append(replace(spec, question=replace(spec.question, **requested)))
    plan = plan_study("s", (), specs).plan
    [line] = missed_shares(plan)
    assert line.startswith("mobilenet_v1_small at 2x is not compound")
    assert "25/16/59" in line
    assert "28/29/43" in line


def test_budgets_are_named_where_a_rule_is_off(make_spec: MakeSpec) -> None:
    """Images have 28 px, and the baseline 20: 1.44x and 1.96x are exact; nothing is named where no rule is off."""

    def warned(rules: tuple[str, ...]) -> list[str]:
        specs = [make_spec(rule=rule, times_flops=2) for rule in rules]
        explicit_specs = [replace(s, question=replace(s.question, **vars(s.rule.multipliers(2)))) for s in specs]
        return list(better_budgets(plan_study("s", (), explicit_specs)))

    [line] = warned(("compound", "width"))
    assert "1.44x (24 px), 1.96x (28 px)" in line
    assert not warned(("width",))


def test_a_network_that_does_not_fit_in_memory(make_spec: MakeSpec) -> None:
    [planned] = plan_study("s", (), [make_spec()]).points.values()
    needed = training_step_bytes(planned.point.network, 1)
    assert len(list(too_large_networks([planned, planned], ("cpu",), needed - 1))) == 1
    assert not list(too_large_networks([planned], ("cpu",), needed))
    assert not list(too_large_networks([planned], ("cuda:0",), 1))
    assert not list(too_large_networks([planned], ("cpu",), None))


def test_a_forecast_of_more_than_a_day() -> None:
    days = {"a": 3 * 86_400.0, "b": 86_400.0}
    [line] = long_forecasts(Schedule(("a", "b"), days, ("cpu", "cpu")))
    assert "3.0 days" in line
    assert not list(long_forecasts(Schedule(("b",), days, ("cpu",))))
    assert not list(long_forecasts(Schedule(("b", "c"), days, ("cpu",))))
    assert not list(long_forecasts(Schedule((), {}, ("cpu",))))
