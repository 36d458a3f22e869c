"""`lab.plan` and `lab.sweep`: the same questions as on the command line, and a tiny training."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

import scaling_lab as lab
from scaling_lab.config.registry import list_names
from scaling_lab.store.results import Store
from scaling_lab.study.overrides import format_override

TINY = {"rule.w": 0.25, "rule.r": 0.4, "recipe.epochs": 1, "recipe.warmup_epochs": 0, "recipe.batch": 1000}


def test_every_combination_is_a_question_and_baselines_are_shared(tmp_path: Path) -> None:
    study = lab.plan(
        family=["mobilenet_v1_small", "resnet18_small"],
        rule=["depth", "width"],
        times_flops=[1, 2],
        seed=np.arange(3),
        settings={"results": tmp_path},
    )
    assert len(study.questions) == 2 * 2 * 2 * 3
    assert study.missing == 2 * (1 + 2) * 3
    assert set(study.questions["state"]) == {"missing"}
    assert study.questions["seed"].tolist()[:3] == [0, 1, 2]
    assert repr(study) == "<study custom: 24 questions, 18 points, 18 to train>"
    assert "resnet18_small" in study._repr_html_()
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["quick", "rules"])
def test_a_prepared_study_has_the_questions_of_its_reference(name: str) -> None:
    plan = Store(Path(f"results/{name}-reference")).read_plan()
    study = lab.plan(study=name, name=f"{name}-reference")
    assert set(study.questions["key"]) == {entry.key for entry in plan.entries}
    assert len(study.questions) == len(plan.entries)
    assert study.missing == 0


def test_values_given_replace_those_of_a_study() -> None:
    study = lab.plan(study="quick", family="mobilenet_v2_tiny", seed=7)
    assert study.name == "quick"
    assert set(study.questions["family"]) == {"mobilenet_v2_tiny"}
    assert set(study.questions["seed"]) == {7}
    assert set(study.questions["rule"]) == {"depth", "width", "resolution", "compound"}


def test_a_setting_is_of_the_values_that_have_it() -> None:
    study = lab.plan(rule=["compound", "depth"], settings={"rule.alpha": 1.3})
    assert set(study.questions["rule"]) == {"compound(alpha=1.3)", "depth"}


def test_axes_that_are_not_given_have_their_default() -> None:
    ladder = lab.plan(rule="multipliers", seed=0, settings={"rule.w": 1.5})
    assert (ladder.name, len(ladder.questions)) == ("custom", 1)
    default = lab.plan(settings={"results": "no/folder"})
    assert (default.name, default.folder, len(default.questions)) == ("quick", Path("no/folder/quick"), 120)


def test_the_plan_records_overrides() -> None:
    study = lab.plan(rule=["depth", "width"], settings={"recipe.epochs": 1})
    assert {"study=custom", "rule=depth,width", "recipe.epochs=1"} <= set(study._study.plan.asked)


@pytest.mark.parametrize(
    ("arguments", "fragments"),
    [
        ({"family": ["resnet18_smal", "resnet18"], "rule": "dept"}, ["resnet18_small?", "did you mean depth?"]),
        ({"study": "quik"}, ["quick?"]),
        ({"study": "published"}, ["published"]),
        ({"seed": []}, ["seed"]),
        ({"seed": -1}, ["seed is -1"]),
        ({"times_flops": "two"}, ["times_flops is 'two'"]),
        ({"settings": {"recipe.epoch": 1}}, ["epochs?"]),
        ({"settings": {"epochs": 1}}, ["recipe.epochs?"]),
        ({"seed": range(10**30)}, ["seed", "200,000"]),
        ({"seed": iter(range(10**6))}, ["seed", "200,000"]),
        ({"seed": range(1000), "times_flops": range(1, 1000)}, ["999,000 questions"]),
        ({"rule": ["depth", "width"], "settings": {"rule.alpha": 1.3}}, ["rule depth, width 'alpha'"]),
        ({"settings": {"workrs": 1}}, ["workers?"]),
        ({"settings": {"seed": 1}}, ["seed=..."]),
        ({"family": "mobilenet_v1"}, ["224 px", "28 px"]),
        ({"foo": 1}, ["'foo'", "times_flops"]),
        ({"familly": "resnet18"}, ["family?"]),
    ],
)
def test_mistakes(arguments: dict[str, Any], fragments: list[str]) -> None:
    with pytest.raises(lab.UserError) as error:
        lab.plan(**arguments)
    assert all(fragment in str(error.value) for fragment in fragments)


def test_options_out_of_range(tmp_path: Path) -> None:
    study = lab.plan(settings={"results": tmp_path / "results", "reports": tmp_path / "reports"})
    with pytest.raises(lab.UserError, match=r"workers.*0.*1"):
        study.run(workers=0)
    with pytest.raises(lab.UserError, match="slurm"):
        study.run(engine="slum")
    assert not any(tmp_path.iterdir())


def test_a_script_without_guard_trains(tmp_path: Path) -> None:
    """One point; the worker process does not run the script again."""
    script = tmp_path / "script.py"
    script.write_text(
        "import scaling_lab as lab\nprint('started')\n"
        f"study = dict(family='mobilenet_v1_small', rule='multipliers', name='tiny', settings={TINY})\n"
        "table = lab.sweep(**study)\n"
        "print(table['state'].tolist(), table.attrs['study'], lab.plan(**study).missing)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, str(script)]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)  # noqa: S603
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines.count("started") == 1
    assert lines[-1] == "['done'] tiny 0"
    assert (tmp_path / "reports/tiny/index.html").is_file()


def test_engines_are_names_of_conf() -> None:
    assert list(lab.engines().index) == list_names("engine")


@pytest.mark.parametrize("name", ["..", "a/b", "a b", ""])
def test_a_name_that_a_sweep_would_refuse_is_refused_by_the_plan(name: str) -> None:
    with pytest.raises(lab.UserError, match="name"):
        lab.plan(name=name, family="resnet18_small", rule="width", times_flops=1, seed=0)


def test_settings_of_the_sweep_are_checked_by_the_plan() -> None:
    bad: Any = 5
    with pytest.raises(lab.UserError, match="settings"):
        lab.plan(family="resnet18_small", seed=0, settings=bad)
    with pytest.raises(lab.UserError, match="workers"):
        lab.plan(family="resnet18_small", rule="width", times_flops=1, seed=0, settings={"workers": "a"})


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("study", 5),
        ("study", ["quick"]),
        ("settings", 5),
        ("settings", {1: 1}),
        ("seed", np.zeros((2, 2), int)),
        ("seed", [np.arange(2)]),
        ("lr_times", np.ones((1, 1))),
        ("family", b"resnet18"),
        ("recipe", b"short"),
    ],
)
def test_arguments_of_another_type_are_user_errors(argument: str, value: object) -> None:
    arguments: dict[str, Any] = {"family": "resnet_tiny", "rule": "width", argument: value}
    with pytest.raises(lab.UserError, match=argument.removesuffix("s")):
        lab.plan(**arguments)


def test_the_study_is_the_first_argument() -> None:
    assert lab.plan("rules").name == "rules"
    with pytest.raises(lab.UserError, match="did you mean quick"):
        lab.sweep("quik")
    with pytest.raises(lab.UserError, match=r"'foo'.*settings"):
        lab.sweep("quick", foo=1)


def test_a_folder_of_groups_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "rule").mkdir()
    (tmp_path / "rule" / "mine.yaml").write_text(
        "# Half depth, half width.\n_target_: scaling_lab.networks.scaling.shares.Shares\n"
        "depth: 0.5\nwidth: 0.5\nresolution: 0\n"
    )
    try:
        lab.use_config_dir(tmp_path)
        study = lab.plan(rule=["mine", "depth"], times_flops=2)
        assert set(study.questions["rule"]) == {"mine", "depth"}
        assert study._study.plan.asked[0].startswith("hydra.searchpath=[")
        assert str(tmp_path) in study._study.plan.asked[0]
    finally:
        lab.use_config_dir()
    assert "mine" not in lab.rules().index
    with pytest.raises(lab.UserError, match="must be an existing folder"):
        lab.use_config_dir(tmp_path / "none")


def test_the_record_of_a_plan_is_a_command_line() -> None:
    """Composed by Hydra, it gives the same values."""
    values = {"a": "/x/my,images", "b": None, "c": True, "d": [0.5, 2], "e": 'a "b" c', "f": "a=b", "g": 1e-5, "h": ""}
    lines = [format_override(name, (value,)) for name, value in values.items()]
    parsed = OverridesParser.create().parse_overrides(lines)
    assert {override.key_or_group: override.value() for override in parsed} == values
    assert format_override("rule", ["depth", "width"]) == "rule=depth,width"
