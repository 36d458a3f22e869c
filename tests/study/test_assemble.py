"""The order of checks: mistakes in settings are reported before images are decoded, and each dataset is read once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_up import class_folders
from own_nets import VGG

from scaling_lab.api.compose import compose
from scaling_lab.api.study import plan
from scaling_lab.data.sets import image_folder as module
from scaling_lab.errors import UserError
from scaling_lab.modules.trust import trust_file
from scaling_lab.store.results import Store
from scaling_lab.study import assemble as assemble_module
from scaling_lab.study.assemble import make_sweep
from scaling_lab.study.executors import devices
from scaling_lab.study.trackers import base

DECODED: list[int] = []


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings of a dataset that has not been read in this process and counts its decodings in `DECODED`."""
    DECODED.clear()
    monkeypatch.setattr(devices, "_query_gpus", lambda: (1, "2.11"))
    decode = module.decode_images
    monkeypatch.setattr(module, "decode_images", lambda *args: (DECODED.append(len(args[0])), decode(*args))[1])
    return {
        "dataset.path": str(class_folders(tmp_path)),
        "dataset.cache": str(tmp_path / "cache"),
        "recipe.batch": 10,
        "above_native": True,
        "name": "order",
        "do": "plan",
    }


def assemble(settings: dict[str, Any], **axes: Any) -> Any:
    composition = compose(None, {"dataset": "image_folder", "times_flops": (1, 2), "rule": "width"} | axes, settings)
    return make_sweep(list(composition.configs()), ())


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ({"recipe.epochs": 1, "recipe.warmup_epochs": 2.4}, "warmup_epochs is 2.4"),
        ({"recipe.epocs": 1}, "epocs"),
        ({"family.sides": 1}, "sides"),
        ({"dataset.sides": 1}, "sides"),
        ({"device": "cuda:99"}, "cuda:99"),
        ({"device": "gpu"}, "'gpu'"),
        ({"workers": 0}, "workers is 0"),
        ({"lr_grid": 2}, "lr_grid is 2"),
    ],
)
def test_mistakes_in_settings_come_before_decoding(
    mistake: dict[str, Any], message: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(UserError) as refused:
        assemble(settings | mistake)
    assert message in str(refused.value)
    assert DECODED == []
    assert not (tmp_path / "cache").exists()


def test_the_python_interface_checks_settings_first_too(settings: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"warmup_epochs is 2\.4"):
        plan(dataset="image_folder", settings=settings | {"recipe.epochs": 1, "recipe.warmup_epochs": 2.4})
    assert DECODED == []


def test_a_dataset_is_decoded_once_for_all_questions(settings: dict[str, Any]) -> None:
    _, study, _ = assemble(settings, seed=(0, 1))
    assert len(study.points) == 4
    assert DECODED == [72]


def test_a_dataset_that_cannot_be_used_is_read_once(settings: dict[str, Any], tmp_path: Path) -> None:
    settings["dataset.path"] = str(tmp_path)
    for label in "ab":
        (tmp_path / label).mkdir()
        for number in range(20):
            (tmp_path / label / f"{number:02}.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"00\.png is corrupt"):
        assemble(settings, seed=(0, 1))
    assert DECODED == [40]
    assert not (tmp_path / "cache").exists()


def test_the_plan_records_what_each_dataset_was_built_from(settings: dict[str, Any], tmp_path: Path) -> None:
    composition = compose(None, {"dataset": "image_folder", "rule": "width"}, settings)
    grid = {**composition.grids[0], "dataset.fraction": (0.5, 1)}
    _, study, _ = make_sweep(list(replace(composition, grids=(grid,)).configs()), ())
    sources = {source.name: source.settings for source in study.plan.datasets}
    assert sources.keys() == {entry.question.dataset for entry in study.plan.entries}
    assert [content["fraction"] for content in sources.values()] == [0.5, 1]
    assert {content["path"] for content in sources.values()} == {settings["dataset.path"]}
    Store(tmp_path).write_plan(study.plan)
    assert Store(tmp_path).read_plan() == study.plan


def test_contrasts_of_a_study_apply_to_the_rules_that_are_swept(settings: dict[str, Any]) -> None:
    settings["contrasts"] = "width-depth,width-compound"
    _, study, _ = assemble(settings, rule=("width", "compound"))
    assert study.plan.verdicts.contrasts == (("width", "compound"),)


def test_contrasts_of_the_user_must_be_swept(settings: dict[str, Any]) -> None:
    composition = compose(None, {"dataset": "image_folder", "rule": ("width", "compound")}, settings)
    configs = [(config | {"contrasts": "width-depth"}, chosen) for config, chosen in composition.configs()]
    with pytest.raises(UserError, match="depth"):
        make_sweep(configs, ("contrasts=width-depth",))


def test_a_rule_in_the_contrasts_of_a_study_must_exist(settings: dict[str, Any]) -> None:
    settings["contrasts"] = "width-dept"
    with pytest.raises(UserError, match="dept"):
        assemble(settings, rule=("width", "compound"))


def test_a_missing_package_is_refused_before_any_question_is_planned(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "find_spec", lambda _: None)
    monkeypatch.setattr(assemble_module, "check_question", lambda *_: pytest.fail("planned"))
    with pytest.raises(UserError, match=r"pip install 'scaling-lab\[wandb\]'"):
        assemble(settings | {"tracker": "wandb"})


def test_networks_of_own_code_are_not_built_if_an_option_is_wrong(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nets.py").write_text(VGG)
    trust_file(tmp_path / "nets.py")
    monkeypatch.setattr(assemble_module, "check_question", lambda *_: pytest.fail("built"))
    with pytest.raises(UserError, match="tracker"):
        assemble(settings | {"tracker": "tensorbord"}, family=f"{tmp_path / 'nets.py'}:make_vgg")
