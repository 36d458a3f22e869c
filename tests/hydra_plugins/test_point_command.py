"""The command of one point asks the question of that point: the same key, through the front door."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hydra.core.plugins import Plugins

from hydra_plugins.scaling_lab_plugins.front_door import compose_and_run
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.store.results import Store
from scaling_lab.study.plan import Study
from scaling_lab.study.point_command import point_command
from tests.made_up import class_folders
from tests.own_nets import VGG

Planned = Callable[..., tuple[SweepOptions, Study]]
RESULTS = Path(__file__).parents[2] / "results"


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Planned:
    """Return a function from the words of a command to the options and the study that it would train."""
    Plugins.instance()  # imports the sweeper again when it is first called
    sweeper = sys.modules["hydra_plugins.scaling_lab_plugins.sweeper"]

    def plan(*words: str) -> tuple[SweepOptions, Study]:
        taken: list[tuple[SweepOptions, Study]] = []

        def take(options: SweepOptions, study: Study, _: object) -> int:
            taken.append((options, study))
            return 0

        monkeypatch.setattr(sweeper, "run_sweep", take)
        assert compose_and_run(words) == 0
        return taken[0]

    return plan


@pytest.mark.parametrize(
    "lines",
    [
        ("family=resnet18_small", "rule=compound", "rule.alpha=1.3", "times_flops=2.25", "seed=7", "lr_times=0.5"),
        ("family=mobilenet_v1_small", "family.side=16", "rule=width", "recipe.epochs=3", "+recipe.ema=0.99"),
        ("rule=multipliers", "rule.d=1.4", "rule.w=1.2", "rule.r=1"),
        ("rounding=paper", "rule=depth", "times_flops=2", "dataset=fashion_mnist_10k", "dataset.fraction=0.5"),
        (
            "dataset=image_folder",
            "dataset.path={images}",
            "dataset.side=28",
            "dataset.fraction=0.5",
            "recipe.batch=9",
            "seed=1",
        ),
        ("above_native=true", "rule=resolution", "times_flops=9"),
    ],
    ids=" ".join,
)
def test_the_command_of_a_point_gives_its_key(lines: tuple[str, ...], planned: Planned, tmp_path: Path) -> None:
    (tmp_path / "my, images").mkdir()
    images = class_folders(tmp_path / "my, images")
    _, study = planned("name=mine", *(line.format(images=f'"{images}"') for line in lines))
    [entry] = study.plan.entries
    command = point_command(study.plan, entry, {"device": "cpu", "compiled": False})
    program, script, *words = shlex.split(command)
    assert (program, script) == ("python", "run_sweep.py")
    options, again = planned(*words)
    assert list(again.points) == [entry.key]
    assert options.name == f"mine-{entry.key}"
    assert options.above_native == ("above_native=true" in lines)
    assert (options.device, options.execution.compiled) == ("cpu", False)


def test_the_command_of_a_point_of_an_own_file(planned: Planned, tmp_path: Path) -> None:
    (tmp_path / "my_nets.py").write_text(VGG)
    words = ("name=mine", "family=module", f"family.path={tmp_path / 'my_nets.py'}", "family.factory=make_vgg")
    _, study = planned(*words, "family.side=20", "trust=true", "rule=multipliers", "rule.w=0.5", "rule.d=1", "rule.r=1")
    [entry] = study.plan.entries
    assert entry.question.family == "my_nets.make_vgg(side=20)"
    assert list(planned(*shlex.split(point_command(study.plan, entry))[2:])[1].points) == [entry.key]


def test_a_committed_plan_which_records_no_settings_of_its_dataset(planned: Planned) -> None:
    plan = Store(RESULTS / "rules-reference").read_plan()
    for entry in (plan.entries[1], plan.entries[-1]):
        assert list(planned(*shlex.split(point_command(plan, entry))[2:])[1].points) == [entry.key]


def test_device_and_compilation_are_those_of_the_result() -> None:
    plan = Store(RESULTS / "quick-reference").read_plan()
    provenance = {"device": "cuda, NVIDIA H200", "compiled": True, "processes": 2, "sync_batch_norm": True}
    words = shlex.split(point_command(plan, plan.entries[0], provenance))
    on_two = {"engine.processes_per_point=2", "engine.sync_batch_norm=true"}
    assert {"device=cuda", "compiled=true"} | on_two <= set(words)
    assert not on_two & set(shlex.split(point_command(plan, plan.entries[0], {"device": "cuda", "processes": 1})))
