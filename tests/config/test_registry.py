from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from scaling_lab.config import registry
from scaling_lab.config.recipe import Recipe
from scaling_lab.config.sweep_options import Engine
from scaling_lab.data.dataset import InMemoryDataset
from scaling_lab.data.streaming.dataset import StreamedDataset
from scaling_lab.errors import UserError
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers

EVERY = [(group, name) for group in registry.PACKAGES for name in registry.list_names(group)]
DEPTH = {"_target_": "scaling_lab.networks.scaling.shares.Shares", "depth": 1, "width": 0, "resolution": 0}


def test_every_group_offers_something() -> None:
    assert {group for group, _ in EVERY} == {"family", "rule", "dataset", "recipe", "engine"}


@pytest.mark.parametrize(("group", "name"), EVERY)
def test_hydra_composes_the_same_and_nothing_else(group: str, name: str) -> None:
    """Guards against defaults lists and package headers in a group's files, which `read_yaml` would not follow."""
    with initialize_config_dir(str(registry.CONF), version_base=None):
        usual, with_it = (OmegaConf.to_container(compose("config", lines)) for lines in ([], [f"{group}={name}"]))
    assert with_it.pop(group) == registry.read_yaml(group, name)
    del usual[group]
    assert with_it == usual


@pytest.mark.parametrize(("group", "name"), EVERY)
def test_every_file_makes_a_value(group: str, name: str, needed: Callable[..., dict[str, Any]]) -> None:
    made = {"family": Network, "dataset": InMemoryDataset | StreamedDataset, "recipe": Recipe, "engine": Engine}
    what = registry.read_yaml(group, name)
    value = registry.build_value(group, what | needed(name, what), name)
    assert isinstance(value, made.get(group, Multipliers)) or hasattr(value, "network")


@pytest.mark.parametrize(("group", "name"), EVERY)
def test_every_file_says_first_what_it_is(group: str, name: str) -> None:
    first = (registry.CONF / group / f"{name}.yaml").read_text().splitlines()[0]
    assert first.startswith("# ")
    assert len(first) > 20


@pytest.mark.parametrize("name", registry.list_names("recipe"))
def test_every_number_of_a_recipe_can_be_set(name: str) -> None:
    """As it is where the recipe's file names it, with a plus where the file leaves it out."""
    named, usual = set(registry.read_yaml("recipe", name)), {field.name: field.default for field in fields(Recipe)}
    assert named <= {"_target_", *usual}
    told = {key: "null" if value is None else value for key, value in usual.items()}
    lines = [f"{'' if key in named else '+'}recipe.{key}={value}" for key, value in told.items()]
    with initialize_config_dir(str(registry.CONF), version_base=None):
        config = OmegaConf.to_container(compose("config", [f"recipe={name}", *lines]).recipe)
    assert registry.build_value("recipe", config, name) == Recipe()


def test_a_growing_value_comes_as_lists_from_a_file_and_from_the_command_line() -> None:
    asked = ["recipe=efficientnet", "recipe.drop_path=[[1e6,0.1],[1e9,0.2]]"]
    with initialize_config_dir(str(registry.CONF), version_base=None):
        config = OmegaConf.to_container(compose("config", asked).recipe)
    made = registry.build_value("recipe", config, "efficientnet")
    assert made.drop_path == ((1e6, 0.1), (1e9, 0.2))
    assert made.dropout == ((385814752, 0.2), (37745884192, 0.5))
    assert hash(made)
    assert registry.display_name("recipe", "efficientnet", config) == (
        "efficientnet(drop_path=[[1000000.0, 0.1], [1000000000.0, 0.2]])"
    )


def test_a_name_that_is_not_there_gets_the_near_one() -> None:
    with pytest.raises(UserError, match=r"unknown family 'efficientnet_b9'; did you mean efficientnet_b7\?"):
        registry.read_yaml("family", "efficientnet_b9")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (DEPTH | {"dept": 1}, "unknown setting of rule x 'dept'; did you mean depth?"),
        ({"_target_": DEPTH["_target_"], "depth": 1}, "rule x lacks width, resolution"),
        (DEPTH | {"width": 1}, "rule x: shares {'depth': 1, 'width': 1, 'resolution': 0} add up to 2"),
        ({"_target_": "os.system", "command": "true"}, "rule x: _target_ is 'os.system'; it must be something of "),
        ({}, "rule x: _target_ is None; it must be something of scaling_lab.networks.scaling"),
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
def test_what_makes_no_value_is_told_in_a_line(what: dict[str, object], said: str) -> None:
    with pytest.raises(UserError) as refused:
        registry.build_value("rule", what, "x")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_was_read_can_be_changed_without_changing_the_next_reading() -> None:
    registry.read_yaml("rule", "depth")["depth"] = 7
    assert registry.read_yaml("rule", "depth")["depth"] == 1


def test_a_changed_value_shows_in_the_name() -> None:
    short = registry.read_yaml("recipe", "short")
    assert registry.display_name("recipe", "short", short) == "short"
    assert registry.display_name("recipe", "short", short | {"lr": 7, "flip": None}) == "short(lr=7, flip=None)"
