"""The command of one point asks the question of that point: the same key, through Hydra's own composition."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from hydra_plugins.scaling_lab_plugins.combinations import ComposedConfig
from scaling_lab.store.plan_schema import DataSource, Plan
from scaling_lab.store.results import Store
from scaling_lab.study.plan import resolve_question
from scaling_lab.study.point_command import point_command
from scaling_lab.study.questions import make_question
from scaling_lab.study.settings import make_options
from tests.made_up import class_folders

Compose = Callable[..., list[ComposedConfig]]
RESULTS = Path(__file__).parents[2] / "results"


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("family=resnet18_small", "rule=compound", "rule.alpha=1.3", "times_flops=2.25", "seed=7", "lr_times=0.5"),
        ("family=mobilenet_v1_small", "family.side=16", "rule=width", "recipe.epochs=3", "+recipe.ema=0.99"),
        ("rule=multipliers", "rule.d=1.4", "rule.w=1.2", "rule.r=1"),
        ("rounding=paper", "rule=depth", "times_flops=2", "dataset=fashion_mnist_10k", "dataset.fraction=0.5"),
        ("dataset=image_folder", "dataset.path={images}", "dataset.side=28", "dataset.fraction=0.5", "recipe.batch=9"),
        ("above_native=true", "rule=resolution", "times_flops=9"),
    ],
    ids=" ".join,
)
def test_the_command_of_a_point_gives_its_key(lines: tuple[str, ...], compose: Compose, tmp_path: Path) -> None:
    (tmp_path / "my, images").mkdir()
    images = class_folders(tmp_path / "my, images")
    [composed] = compose(*(line.format(images=f'"{images}"') for line in lines))
    spec = make_question(composed.config, composed.chosen)
    entry, point = resolve_question(spec)
    plan = Plan("mine", lines, (entry,), datasets=(DataSource(spec.dataset.name, dict(spec.source)),))
    program, script, *words = shlex.split(point_command(plan, entry, {"device": "cpu", "compiled": False}))
    assert (program, script) == ("python", "run_sweep.py")
    [again] = compose(*words)
    assert resolve_question(make_question(again.config, again.chosen))[1].key == point.key == entry.key
    options = make_options(again.config)
    assert options.name == f"mine-{entry.key}"
    assert options.above_native == ("above_native=true" in lines)
    assert (options.device, options.execution.compiled) == ("cpu", False)


@pytest.mark.parametrize("study", ["quick-reference", "rules-reference"])
def test_committed_plans_which_record_no_settings_of_their_dataset(study: str, compose: Compose) -> None:
    plan = Store(RESULTS / study).read_plan()
    for entry in (plan.entries[1], plan.entries[-1]):
        words = shlex.split(point_command(plan, entry))[2:]
        [composed] = compose(*words)
        assert resolve_question(make_question(composed.config, composed.chosen))[1].key == entry.key


def test_device_and_compilation_are_those_of_the_result() -> None:
    plan = Store(RESULTS / "quick-reference").read_plan()
    words = shlex.split(point_command(plan, plan.entries[0], {"device": "cuda, NVIDIA H200", "compiled": True}))
    assert {"device=cuda", "compiled=true"} <= set(words)
