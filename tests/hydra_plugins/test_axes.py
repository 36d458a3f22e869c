from collections.abc import Callable
from pathlib import Path

import pytest
from hydra import initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from hydra_plugins.scaling_lab_plugins.axes import parse_axes, to_plain
from hydra_plugins.scaling_lab_plugins.combinations import ComposedConfig, compose_axes, without_hydra
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
def test_hydras_grammar_is_parsed(line: str, values: list[str], hydra: Hydra) -> None:
    assert list(parse_axes([line], hydra[0]).values()) == [values]


def test_a_later_line_of_a_key_replaces_an_earlier_one(hydra: Hydra) -> None:
    axes = parse_axes(["rule=depth,width", "seed=0,1", "rule=compound"], hydra[0])
    assert axes == {"rule": ["rule=compound"], "seed": ["seed=0", "seed=1"]}
    assert parse_axes(["rule=depth,width", "seed=0,1", "~rule", "++seed=7"], hydra[0]) == {
        "rule": ["~rule"],
        "seed": ["++seed=7"],
    }


@pytest.mark.parametrize(
    ("line", "pattern"),
    [("seed=interval(0,1)", r"^seed=interval.*range"), ("family=glob(x*)", "^family=glob")],
)
def test_a_sweep_without_values_is_refused(line: str, pattern: str, hydra: Hydra) -> None:
    with pytest.raises(UserError, match=pattern):
        parse_axes([line], hydra[0])


def test_assembled_configurations_equal_composed_ones(compose: Compose, hydra: Hydra) -> None:
    """For every combination: groups, values of a group, plain values, interpolations between them."""
    lines = [
        "rule=multipliers",
        "family=mobilenet_v1_small,resnet18_small",
        "recipe.epochs=1,2",
        "rule.d=1,1.5",
        "seed=3,4",
        "recipe.batch=128",
        "times_flops=${seed}",
    ]
    configs = compose(*lines)
    loader, master = hydra
    assert len(configs) == 16
    for config in configs:
        expected = loader.load_sweep_config(master, list(config.overrides))
        assert config.config == to_plain(without_hydra(expected))
        assert config.chosen == OmegaConf.to_container(expected.hydra.runtime.choices)
    assert [(c.config["rule"]["d"], c.config["seed"]) for c in configs[:4]] == [(1, 3), (1, 4), (1.5, 3), (1.5, 4)]


def test_a_value_set_in_a_swept_group_is_set_in_each(compose: Compose) -> None:
    configs = compose("rule.depth=0.5,0.25", "rule=depth,width,resolution")
    assert [c.config["rule"]["depth"] for c in configs] == [0.5, 0.5, 0.5, 0.25, 0.25, 0.25]
    assert [c.config["rule"]["width"] for c in configs] == [0, 1, 0, 0, 1, 0]


def test_a_setting_is_an_axis_of_the_values_that_have_it(compose: Compose) -> None:
    """Depth has no alpha: it is asked once per seed."""
    configs = compose("rule.alpha=1.1,1.2", "rule=compound,depth", "seed=0,1")
    rows = [(c.chosen["rule"], c.config["rule"].get("alpha"), c.config["seed"]) for c in configs]
    compound = [("compound", alpha, seed) for alpha in (1.1, 1.2) for seed in (0, 1)]
    assert sorted(rows, key=repr) == [*compound, ("depth", None, 0), ("depth", None, 1)]
    assert {c.overrides for c in configs if c.chosen["rule"] == "depth"} == {
        ("study=custom", "rule=depth", "seed=0"),
        ("study=custom", "rule=depth", "seed=1"),
    }


def test_a_setting_that_no_value_has_is_refused_with_their_names(compose: Compose) -> None:
    with pytest.raises(UserError, match=r"rule width, depth 'alpha'.*there are depth, resolution, width"):
        compose("rule=width,depth", "rule.alpha=1.3")
    with pytest.raises(UserError, match=r"rule compound, depth 'alpa'; did you mean alpha\?"):
        compose("rule=compound,depth", "rule.alpa=1.3")


@pytest.mark.parametrize(
    ("lines", "fragments"),
    [
        (["seed=range(0,1000000000)"], ["seed", "1,000,000,000", "200,000"]),
        (["seed=range(0,1e30,0.5)"], ["seed"]),
        (["seed=range(0,1000)", "times_flops=range(1,1001)"], ["1,000,000 questions", "times_flops 1,000"]),
        (["seed=range(0,0)"], ["seed=range(0,0)", "empty"]),
        (["seed=range(0,-5)"], ["empty"]),
        (["seed=range(0,5,0)"], ["range(0,5,0)"]),
    ],
)
def test_axes_are_counted_before_they_are_made(lines: list[str], fragments: list[str], compose: Compose) -> None:
    with pytest.raises(UserError) as refused:
        compose(*lines)
    assert all(fragment in str(refused.value) for fragment in fragments), refused.value


def test_a_study_cannot_be_swept(compose: Compose) -> None:
    with pytest.raises(UserError, match="study cannot be swept"):
        compose("study=quick,other")


def test_a_file_of_a_group_that_sets_other_keys_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rule").mkdir()
    (tmp_path / "config.yaml").write_text("defaults: [_self_, rule: a]\nseed: 0\n")
    (tmp_path / "rule" / "a.yaml").write_text("x: 1\n")
    (tmp_path / "rule" / "b.yaml").write_text("# @package _global_\nrule: {x: 2}\nseed: 5\n")
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(tmp_path), version_base=None):
        loader = GlobalHydra.instance().config_loader()
        master = loader.load_configuration("config", [], RunMode.MULTIRUN)
        with pytest.raises(UserError, match=r"rule=b.*seed"):
            list(compose_axes(parse_axes(["rule=a,b"], loader), loader, master))
