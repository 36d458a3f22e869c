from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from scaling_lab.config import registry, targets
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.dataset import InMemoryDataset
from scaling_lab.data.streaming.dataset import StreamedDataset
from scaling_lab.errors import UserError
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.study.executors.local import Local
from scaling_lab.study.executors.slurm import Slurm

NAMES = [(group, name) for group in targets.PACKAGES for name in registry.list_names(group)]
DEPTH = {"_target_": "scaling_lab.networks.scaling.shares.Shares", "depth": 1, "width": 0, "resolution": 0}


def test_every_group_has_names() -> None:
    assert {group for group, _ in NAMES} == {"family", "rule", "dataset", "recipe", "engine"}


def composed(*lines: str) -> dict[str, Any]:
    with initialize_config_dir(str(registry.CONF), version_base=None):
        return dict(OmegaConf.to_container(compose("config", list(lines))))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def default() -> dict[str, Any]:
    return composed()


@pytest.mark.parametrize(("group", "name"), {group: (group, name) for group, name in NAMES}.values())
def test_hydra_composes_the_same_and_nothing_else(group: str, name: str, default: dict[str, Any]) -> None:
    usual, with_it = dict(default), composed(f"{group}={name}")
    common = dict.fromkeys(registry.COMMON_SETTINGS.get(group, ()))
    assert with_it.pop(group) == common | registry.read_yaml(group, name)
    del usual[group]
    assert with_it == usual


@pytest.mark.parametrize(("group", "name"), NAMES)
def test_every_file_builds_a_value(group: str, name: str, needed: Callable[..., dict[str, Any]]) -> None:
    made = {"family": Network, "dataset": InMemoryDataset | StreamedDataset, "recipe": Recipe, "engine": Local | Slurm}
    what = registry.read_yaml(group, name)
    value = registry.build_value(group, what | needed(name, what), name)
    assert isinstance(value, made.get(group, Multipliers)) or hasattr(value, "network")


@pytest.mark.parametrize(("group", "name"), NAMES)
def test_every_file_starts_with_a_description_and_names_no_others(group: str, name: str) -> None:
    """Hydra follows defaults lists and package headers, and `read_yaml` does not."""
    text = (registry.CONF / group / f"{name}.yaml").read_text()
    first = text.splitlines()[0]
    assert first.startswith("# ")
    assert len(first) > 20
    assert "@package" not in text
    assert "defaults" not in registry.read_yaml(group, name)


@pytest.mark.parametrize("name", registry.list_names("recipe"))
def test_every_number_of_a_recipe_can_be_set(name: str) -> None:
    """Plainly where the recipe's file has it, with a plus where it does not."""
    named, usual = set(registry.read_yaml("recipe", name)), {field.name: field.default for field in fields(Recipe)}
    assert named <= {"_target_", *usual}
    values = {key: "null" if value is None else value for key, value in usual.items()}
    lines = [f"{'' if key in named else '+'}recipe.{key}={value}" for key, value in values.items()]
    with initialize_config_dir(str(registry.CONF), version_base=None):
        config = OmegaConf.to_container(compose("config", [f"recipe={name}", *lines]).recipe)
    assert registry.build_value("recipe", config, name) == Recipe()


def test_a_value_by_size_is_given_as_lists() -> None:
    overrides = ["recipe=efficientnet", "recipe.drop_path=[[1e6,0.1],[1e9,0.2]]"]
    with initialize_config_dir(str(registry.CONF), version_base=None):
        config = OmegaConf.to_container(compose("config", overrides).recipe)
    recipe = registry.build_value("recipe", config, "efficientnet")
    assert recipe.drop_path == ((1e6, 0.1), (1e9, 0.2))
    assert recipe.dropout == ((385814752, 0.2), (37745884192, 0.5))
    assert hash(recipe)
    assert registry.display_name("recipe", "efficientnet", config) == (
        "efficientnet(drop_path=[[1000000.0, 0.1], [1000000000.0, 0.2]])"
    )


def test_a_file_without_its_function_gets_the_form_that_works() -> None:
    with pytest.raises(UserError, match=r"'my_vgg\.py'; .*family\.path=my_vgg\.py,.* my_vgg\.py:make$"):
        registry.read_yaml("family", "my_vgg.py")


def test_an_unknown_name_gets_the_near_one() -> None:
    with pytest.raises(UserError, match=r"unknown family 'efficientnet_b9'; did you mean efficientnet_b7\?"):
        registry.read_yaml("family", "efficientnet_b9")


@pytest.mark.parametrize(
    ("content", "fragment"),
    [
        (DEPTH | {"dept": 1}, "unknown setting of rule x 'dept'; did you mean depth?"),
        ({"_target_": DEPTH["_target_"], "depth": 1}, "rule x lacks width, resolution"),
        (DEPTH | {"width": 1}, "rule x: shares {'depth': 1, 'width': 1, 'resolution': 0} add up to 2"),
        (
            {"_target_": "os.system", "command": "true"},
            "rule x: _target_ is 'os.system'; must be a class or function of ",
        ),
        ({}, "rule x: _target_ is None; must be a class or function of scaling_lab.networks.scaling"),
        (
            {"_target_": "scaling_lab.networks.scaling.shares.isclose"},
            "scaling_lab.networks.scaling.shares 'isclose'",
        ),
        (
            {"_target_": "scaling_lab.networks.scaling.share.Shares"},
            "no module scaling_lab.networks.scaling.share",
        ),
        (
            {"_target_": "scaling_lab.networks.scaling.multipliers.MAX_MULTIPLIER"},
            "scaling_lab.networks.scaling.multipliers",
        ),
    ],
)
def test_invalid_content_is_refused_in_one_line(content: dict[str, object], fragment: str) -> None:
    with pytest.raises(UserError) as refused:
        registry.build_value("rule", content, "x")
    assert fragment in str(refused.value)
    assert "\n" not in str(refused.value)


def test_changing_the_content_does_not_change_the_next_reading() -> None:
    registry.read_yaml("rule", "depth")["depth"] = 7
    assert registry.read_yaml("rule", "depth")["depth"] == 1


@pytest.mark.parametrize("name", registry.list_names("family"))
def test_the_side_of_every_family_can_be_set(name: str) -> None:
    content = registry.read_yaml("family", name)
    family = registry.build_value("family", content, name)
    side = 3 * family.total_stride
    assert "side" in registry.setting_names("family", content)
    assert registry.build_value("family", content | {"side": side}, name) == replace(family, side=side)
    assert registry.display_name("family", name, content | {"side": side}) == f"{name}(side={side})"
    assert registry.display_name("family", name, content | {"side": family.side}) == name
    assert registry.display_name("family", name, {"side": None} | content) == name
    for wrong in (family.total_stride - 1, 10**7, 32.5, "32", True):
        with pytest.raises(UserError, match=f"family {name}: side is {wrong!r}"):
            registry.build_value("family", content | {"side": wrong}, name)


def test_names_are_looked_up_in_added_folders_too(tmp_path: Path) -> None:
    (tmp_path / "rule").mkdir()
    for name in ("mine", "width"):
        (tmp_path / f"rule/{name}.yaml").write_text("_target_: x\ndepth: 7\n")
    usual = registry.read_yaml("rule", "width")
    try:
        registry.set_search_path([registry.CONF, tmp_path])
        assert {"mine", "width"} < set(registry.list_names("rule"))
        assert registry.read_yaml("rule", "mine")["depth"] == 7
        assert registry.read_yaml("rule", "width") == usual
        registry.set_search_path([tmp_path])
        assert registry.list_names("rule") == ["mine", "width"]
    finally:
        registry.set_search_path([registry.CONF])


def test_a_name_too_long_for_a_file_is_unknown() -> None:
    with pytest.raises(UserError, match="unknown rule"):
        registry.read_yaml("rule", "long " * 60)
