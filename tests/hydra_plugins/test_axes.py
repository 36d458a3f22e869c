from collections.abc import Callable
from pathlib import Path

import pytest
from hydra import initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from hydra_plugins.scaling_lab_plugins.axes import ComposedConfig, compose_axes, parse_axes, to_plain, without_hydra
from scaling_lab.errors import UserError

Compose = Callable[..., list[ComposedConfig]]
Hydra = tuple[ConfigLoader, DictConfig]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("rule=depth,width", ["rule=depth", "rule=width"]),
        ("seed=range(0,3)", ["seed=0", "seed=1", "seed=2"]),
        ("times_flops=choice(2,4.5)", ["times_flops=2", "times_flops=4.5"]),
        ("family=glob(resnet*_small)", ["family=resnet18_small", "family=resnet50_small"]),
        ("name='a,b'", ["name='a,b'"]),
        ("recipe.lr=0.1", ["recipe.lr=0.1"]),
        ("~rule", ["~rule"]),
    ],
)
def test_hydras_grammar_is_understood(line: str, values: list[str], hydra: Hydra) -> None:
    assert list(parse_axes([line], hydra[0]).values()) == [values]


def test_the_last_word_on_a_key_counts(hydra: Hydra) -> None:
    found = parse_axes(["rule=depth,width", "seed=0,1", "rule=compound"], hydra[0])
    assert found == {"rule": ["rule=compound"], "seed": ["seed=0", "seed=1"]}
    assert parse_axes(["rule=depth,width", "seed=0,1", "~rule", "++seed=7"], hydra[0]) == {
        "rule": ["~rule"],
        "seed": ["++seed=7"],
    }


@pytest.mark.parametrize(
    ("line", "said"), [("seed=interval(0,1)", "cannot be gone through"), ("family=glob(x*)", "nothing matches")]
)
def test_a_sweep_without_values_is_refused(line: str, said: str, hydra: Hydra) -> None:
    with pytest.raises(UserError, match=said):
        parse_axes([line], hydra[0])


def test_put_together_is_what_hydra_would_compose(compose: Compose, hydra: Hydra) -> None:
    """Of every combination: groups, values of a group, values of the whole, interpolations between them."""
    lines = [
        "rule=multipliers",
        "family=mobilenet_v1_small,resnet18_small",
        "recipe.epochs=1,2",
        "rule.d=1,1.5",
        "seed=3,4",
        "recipe.batch=128",
        "times_flops=${seed}",
    ]
    found = compose(*lines)
    loader, master = hydra
    assert len(found) == 16
    for each in found:
        whole = loader.load_sweep_config(master, list(each.overrides))
        assert each.config == to_plain(without_hydra(whole))
        assert each.chosen == OmegaConf.to_container(whole.hydra.runtime.choices)
    assert [(c.config["rule"]["d"], c.config["seed"]) for c in found[:4]] == [(1, 3), (1, 4), (1.5, 3), (1.5, 4)]


def test_a_value_set_in_a_swept_group_is_set_in_each(compose: Compose) -> None:
    found = compose("rule.depth=0.5,0.25", "rule=depth,width,resolution")
    assert [each.config["rule"]["depth"] for each in found] == [0.5, 0.5, 0.5, 0.25, 0.25, 0.25]
    assert [each.config["rule"]["width"] for each in found] == [0, 1, 0, 0, 1, 0]


def test_a_study_cannot_be_swept(compose: Compose) -> None:
    with pytest.raises(UserError, match="study cannot be swept"):
        compose("study=quick,other")


def test_a_groups_file_that_sets_more_than_its_node_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rule").mkdir()
    (tmp_path / "config.yaml").write_text("defaults: [_self_, rule: a]\nseed: 0\n")
    (tmp_path / "rule" / "a.yaml").write_text("x: 1\n")
    (tmp_path / "rule" / "b.yaml").write_text("# @package _global_\nrule: {x: 2}\nseed: 5\n")
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(tmp_path), version_base=None):
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        master = hydra.compose_config("config", [], RunMode.MULTIRUN)
        with pytest.raises(UserError, match="rule=b also sets seed"):
            list(compose_axes(parse_axes(["rule=a,b"], hydra.config_loader), hydra.config_loader, master))
