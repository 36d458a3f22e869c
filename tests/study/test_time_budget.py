"""`budget_hours` selects complete comparisons, the cheapest first, as many as fit."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_lab.errors import UserError
from scaling_lab.store.plan_schema import Plan
from scaling_lab.study.forecast import longest_first, wall_seconds
from scaling_lab.study.plan import plan_study
from scaling_lab.study.resolve_question import QuestionSpec
from scaling_lab.study.time_budget import list_comparisons, select_affordable

MakeSpec = Callable[..., QuestionSpec]
BUDGETS = (1.0, 1.5, 2.0, 3.0)


@pytest.fixture(scope="module")
def plan(make_spec: MakeSpec) -> Plan:
    """Two rules at four budgets, two seeds: 2 points at 1x, 4 at each other."""
    return plan_study(
        "s",
        (),
        [make_spec(rule=rule, times_flops=t, seed=s) for rule in ("width", "depth") for t in BUDGETS for s in (0, 1)],
    ).plan


def keys(plan: Plan) -> list[str]:
    return list(dict.fromkeys(entry.key for entry in plan.entries))


def test_a_comparison_is_all_rules_and_seeds_at_a_budget(plan: Plan, make_spec: MakeSpec) -> None:
    assert [(comparison.name.rpartition(" ")[2], len(comparison.keys)) for comparison in list_comparisons(plan)] == [
        ("1x", 2),
        ("1.5x", 4),
        ("2x", 4),
        ("3x", 4),
    ]
    explicit = plan_study("s", (), [make_spec(r=r, seed=s) for r in (0.8, 1.2) for s in (0, 1)]).plan
    assert [(comparison.name, len(comparison.keys)) for comparison in list_comparisons(explicit)] == [
        ("mobilenet_v1_small d=1 w=1 r=0.8", 2),
        ("mobilenet_v1_small d=1 w=1 r=1.2", 2),
    ]


def test_the_cheapest_complete_comparisons_that_fit_are_selected(plan: Plan) -> None:
    seconds = {entry.key: 600 * entry.times_flops_got for entry in plan.entries}
    selection = select_affordable(plan, keys(plan), seconds, workers=1, hours=1.6)
    times = {entry.question.times_flops for entry in plan.entries if entry.key in selection.keys}
    assert times == {1.0, 1.5}
    assert [comparison.name.rpartition(" ")[2] for comparison in selection.postponed] == ["2x", "3x"]
    assert len(selection.keys) == 6


def test_finished_comparisons_cost_nothing_and_are_not_listed(plan: Plan) -> None:
    done = {entry.key for entry in plan.entries if entry.question.times_flops in (2.0, 3.0)}
    left = [key for key in keys(plan) if key not in done]
    selection = select_affordable(plan, left, dict.fromkeys(left, 3600.0), workers=2, hours=1.0)
    assert len(selection.keys) == 2
    assert [comparison.name.rpartition(" ")[2] for comparison in selection.postponed] == ["1.5x"]


def test_without_a_forecast_nothing_can_be_chosen(plan: Plan) -> None:
    with pytest.raises(UserError, match=r"budget_hours.*forecast"):
        select_affordable(plan, keys(plan), {}, workers=1, hours=1)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), workers=st.integers(1, 4), hours=st.floats(0.01, 20))
def test_never_over_budget_only_complete_comparisons_and_no_cheaper_one_postponed(
    plan: Plan, data: st.DataObject, workers: int, hours: float
) -> None:
    seconds = {key: data.draw(st.floats(1, 7200)) for key in keys(plan)}
    left = [key for key in keys(plan) if data.draw(st.booleans())]
    selection = select_affordable(plan, left, seconds, workers, hours)

    def takes(some: set[str]) -> float:
        return wall_seconds((seconds[key] for key in longest_first(some, seconds)), workers)

    chosen = set(selection.keys)
    assert chosen <= set(left)
    assert not chosen or takes(chosen) <= hours * 3600
    complete = [
        comparison.keys & set(left) for comparison in list_comparisons(plan) if comparison not in selection.postponed
    ]
    assert chosen == set().union(*complete)
    cheapest = min(
        selection.postponed,
        key=lambda comparison: sum(seconds[k] for k in comparison.keys & set(left) - chosen),
        default=None,
    )
    assert cheapest is None or takes(chosen | cheapest.keys & set(left)) > hours * 3600
