from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hydra_plugins.scaling_lab_plugins.combinations import ComposedConfig
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.errors import UserError
from scaling_lab.networks.families.mobilenet_v1 import mobilenet_v1_small
from scaling_lab.networks.scaling.rounding import PAPER
from scaling_lab.store.plan_schema import PlannedVerdicts, Question
from scaling_lab.study.assemble import make_sweep
from scaling_lab.study.executors.local import Local
from scaling_lab.study.questions import make_question
from scaling_lab.study.settings import make_options

Compose = Callable[..., list[ComposedConfig]]


def question(compose: Compose, *lines: str) -> Question:
    [composition] = compose(*lines)
    return make_question(composition.config, composition.chosen).question


def test_the_defaults_make_a_question(compose: Compose) -> None:
    assert question(compose) == Question(
        "mobilenet_v1_small", "compound", "fitted", 1.0, 1.0, 1.0, 1.0, "fashion_mnist", "short", 0
    )


def test_a_rule_of_shares_has_multipliers(compose: Compose) -> None:
    composed_question = question(compose, "rule=width", "times_flops=4")
    assert (composed_question.d, composed_question.w, composed_question.r) == (1, 2, 1)


def test_explicit_multipliers_have_no_budget_and_are_rounded_as_published(compose: Compose) -> None:
    [composition] = compose("rule=multipliers", "rule.d=1.4", "times_flops=7", "rounding=fitted")
    spec = make_question(composition.config, composition.chosen)
    composed_question = spec.question
    assert (composed_question.rule, composed_question.rounding, composed_question.times_flops) == (
        "multipliers",
        "paper",
        None,
    )
    assert (composed_question.d, composed_question.w, composed_question.r) == (1.4, 1, 1)
    assert spec.rounding is PAPER


def test_changed_values_of_a_group_are_in_its_name(compose: Compose) -> None:
    composed_question = question(compose, "recipe.epochs=1", "rule.alpha=1.3")
    assert (composed_question.recipe, composed_question.rule) == ("short(epochs=1)", "compound(alpha=1.3)")


def test_each_side_of_a_family_is_a_baseline_of_its_own(compose: Compose) -> None:
    """The label keeps the sides apart, since a budget is a multiple of the baseline's FLOPs."""
    families = "family=mobilenet_v1_small,efficientnet_b1"
    specs = [
        make_question(composition.config, composition.chosen) for composition in compose(families, "family.side=64,240")
    ]
    assert {(spec.question.family, spec.baseline.side) for spec in specs} == {
        ("mobilenet_v1_small(side=64)", 64),
        ("mobilenet_v1_small(side=240)", 240),
        ("efficientnet_b1(side=64)", 64),
        ("efficientnet_b1", 240),
    }
    assert specs[0].baseline == replace(mobilenet_v1_small(), side=64)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("times_flops=two", "times_flops is 'two'; must be a number"),
        ("seed=1.5", "seed is 1.5; must be an integer from 0 to"),
        ("seed=true", "seed is True; must be an integer"),
        ("seed=-1", "seed is -1; must be an integer"),
        ("rounding=papr", "unknown rounding 'papr'; did you mean paper?"),
        ("+sede=1", "unknown setting 'sede'; did you mean seed?"),
        ("+epochs=3", "unknown setting 'epochs'; did you mean recipe.epochs?"),
        ("rounding=best", "unknown rounding 'best' (there are fitted, nearest, paper)"),
        ("recipe.epochs=1000000000000000000", "recipe short: recipe epochs is"),
        ("recipe.lr=0", "recipe short: recipe lr is 0"),
        ("~family", "missing family; choose one with family=..."),
        ("family.side=2", "family mobilenet_v1_small: side is 2 px; must be at least 4 px"),
        ("family.side=30.5", "side is 30.5; must be an integer"),
        ("+family.sid=32", "unknown setting of family mobilenet_v1_small 'sid'; did you mean side?"),
        ("~rule", "missing rule; choose one with rule=...: compound, depth"),
        ("rule.alpha=0", "rule compound: alpha is 0; must be a number from 1"),
        ("rule.beta=nan", "rule compound: beta is nan"),
        ("times_flops=1" + "0" * 400, "times_flops is larger than"),
        ("~seed", "missing setting 'seed'; set it with seed=..."),
        ("rounding=[paper]", "unknown rounding"),
        ("rule._target_=scaling_lab.networks.scaling.rounding.distribute_blocks", "rule compound"),
        ("recipe.epochs=0", "recipe short: recipe epochs is 0"),
        ("family._target_=os.getcwd", "family mobilenet_v1_small: _target_ is 'os.getcwd'"),
        (
            "rule._target_=scaling_lab.networks.parts.Head",
            "class or function of scaling_lab.networks.scaling",
        ),
    ],
)
def test_invalid_values_are_reported(line: str, message: str, compose: Compose) -> None:
    with pytest.raises(UserError) as refused:
        question(compose, line)
    assert message in str(refused.value)


@pytest.mark.parametrize("line", ["rule.d=0", "rule.w=nan", "rule.r=-1", "rule.r=1001"])
def test_a_multiplier_out_of_range_is_reported(line: str, compose: Compose) -> None:
    with pytest.raises(UserError, match=r"rule multipliers: \w+ multiplier is .*above 0 and at most 1000"):
        question(compose, "rule=multipliers", line)


def test_a_large_budget_is_left_to_the_plan_to_refuse(compose: Compose) -> None:
    assert question(compose, "rule=depth", "times_flops=1e9").d is None


def test_options_are_read(compose: Compose) -> None:
    [composition] = compose("name=mine", "do=plan", "workers=3", "results=some/where")
    options = make_options(composition.config)
    assert (options.name, options.do, options.workers, options.results) == ("mine", "plan", 3, Path("some/where"))


def test_a_number_is_a_name(compose: Compose) -> None:
    [composition] = compose("name=2024")
    assert make_options(composition.config).name == "2024"


def test_a_study_is_named_after_its_file(compose: Compose) -> None:
    [composition] = compose("study=quick")
    assert make_options(composition.config).name == "quick"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("do=nonsense", "unknown do 'nonsense' (there are audit, plan, run, settle, status)"),
        ("workers=0", "workers is 0; must be an integer from 1 to 10000, or null"),
        ("workers=two", "workers is 'two'"),
        ("workers_per_device=1001", "workers_per_device is 1001"),
        ("budget_hours=1" + "0" * 400, "budget_hours is 1"),
        ("infeasible=leave", "unknown infeasible 'leave' (there are refuse, skip)"),
        ("delta=100", "delta is 100; must be percentage points above 0 and below 100"),
        ("delta=half", "delta is 'half'"),
        ("contrasts=[1,2]", "contrasts is [1, 2]; must be pairs of rules"),
        ("above_native=maybe", "above_native is 'maybe'; must be true or false"),
        ("name=../up", "name is '../up'"),
        ("name=null", "name is null; set it with name="),
        ("results=null", "results is null; set it with results="),
    ],
)
def test_invalid_options_are_reported(line: str, message: str, compose: Compose) -> None:
    [composition] = compose(line)
    with pytest.raises(UserError) as refused:
        make_options(composition.config)
    assert message in str(refused.value)


def test_execution_options_are_nested(compose: Compose) -> None:
    [composition] = compose("deterministic=true", "lease_seconds=5", "checkpoint_minutes=0", "compiled=true")
    assert make_options(composition.config).execution == ExecutionOptions(
        deterministic=True, compiled=True, checkpoint_minutes=0, lease_seconds=5
    )


@pytest.mark.parametrize("line", ["workers=1,2", "engine=local,slurm", "lease_seconds=5,6", "lr_grid=[2],[3]"])
def test_settings_of_the_whole_sweep_cannot_be_swept(line: str, compose: Compose) -> None:
    configs = [(composition.config, composition.chosen) for composition in compose(line)]
    with pytest.raises(UserError, match=f"{line.partition('=')[0]} cannot be swept"):
        make_sweep(configs, (line,))


@pytest.mark.parametrize("line", ["contrasts={}", "contrasts=[{}]"])
def test_contrasts_are_a_list_with_commas_or_brackets(line: str, compose: Compose) -> None:
    line = line.format("compound-width,compound-depth")
    composed = compose("rule=compound,width,depth", "times_flops=2", line, "delta=1")
    configs = [(composition.config, composition.chosen) for composition in composed]
    assert len(configs) == 3
    _, study, _ = make_sweep(configs, (line,))
    assert study.plan.verdicts == PlannedVerdicts((("compound", "width"), ("compound", "depth")), 1.0)


@pytest.mark.parametrize("line", ["contrasts=compund-width", "contrasts=width", "contrasts=depth-width"])
def test_contrasts_of_rules_that_the_study_lacks_are_refused(line: str, compose: Compose) -> None:
    configs = [(composition.config, composition.chosen) for composition in compose("rule=compound,width", line)]
    with pytest.raises(UserError, match="contrasts"):
        make_sweep(configs, (line,))


def test_a_sweep_has_options_study_and_executor(compose: Compose) -> None:
    configs = [
        (composition.config, composition.chosen)
        for composition in compose("times_flops=1,2", "seed=0", "lr_grid=[2]", "name=x")
    ]
    options, study, executor = make_sweep(configs, ("seed=0",))
    assert (options.name, study.plan.asked, executor) == ("x", ("seed=0",), Local())
    assert sorted((q.times_flops, q.lr_times) for q in (point.question for point in study.points.values())) == [
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
    ]
