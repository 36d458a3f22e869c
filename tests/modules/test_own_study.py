"""A file of one's own from a plan to a result: what is trusted, what decides the key, what is stored."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from own_nets import VGG

import scaling_lab as lab
from hydra_plugins.scaling_lab_plugins.front_door import hydra_main
from scaling_lab.config import registry
from scaling_lab.config.hyperparameters import resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.errors import UserError
from scaling_lab.modules import sources, trust
from scaling_lab.modules.loading import load_function
from scaling_lab.networks.module_network import ModuleNetwork
from scaling_lab.store.rebuild import rebuild_point
from scaling_lab.store.results import Store
from scaling_lab.store.schema import DataRef, Point
from scaling_lab.training.module import build_module
from scaling_lab.training.train_point import train_point

TIMES = {"train_seconds", "point_seconds", "latency_seconds", "peak_memory", "provenance", "epochs"}


@pytest.fixture(autouse=True)
def nothing_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "_trusted", set())
    monkeypatch.setattr(sources, "_known", {})


def written(folder: Path, code: str = VGG) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "my_nets.py").write_text(code)
    return folder / "my_nets.py"


def family_at(path: Path) -> ModuleNetwork:
    trust.trust_file(path)
    content = registry.read_yaml("family", f"{path}:make_vgg")
    network: ModuleNetwork = registry.build_value("family", content)
    return replace(network, classes=3, channels=1, width=0.5)


def stripes() -> InMemoryDataset:
    draw = np.random.default_rng(0)

    def split(count: int) -> Split:
        labels = draw.integers(0, 3, count)
        images = draw.integers(0, 60, (count, 1, 16, 16)) + 60 * labels[:, None, None, None]
        return Split(images.astype(np.uint8), labels.astype(np.int64))

    return InMemoryDataset("stripes", 3, split(64), split(30), split(30))


def point_at(path: Path, data: InMemoryDataset) -> Point:
    network = family_at(path)
    recipe = resolve_hyperparameters(Recipe(epochs=2, batch=16, lr=0.1), network, len(data.train))
    return Point(network, DataRef(data.name, data.fingerprint), recipe, seed=3)


def test_a_point_is_trained_twice_to_the_same_bits_and_found_again(tmp_path: Path) -> None:
    data, path = stripes(), written(tmp_path / "code")
    point, results = point_at(path, data), []
    for name in ("a", "b"):
        Store(tmp_path / name).open_for_writing()
        results.append(train_point(point, data, tmp_path / name))
    first, second = ({k: v for k, v in vars(result).items() if k not in TIMES} for result in results)
    assert first == second
    assert first["flops"] == first["flops_by_fvcore"] == 16 * 16 * 9 * 4 + 8 * 8 * 9 * (4 * 8 + 8 * 8) + 8 * 3
    assert str(tmp_path) not in json.dumps(first["point"])
    rebuilt = rebuild_point(results[0])
    assert rebuilt.network == point.network
    assert build_module(rebuilt.network).state_dict().keys() == build_module(point.network).state_dict().keys()


def test_a_result_runs_no_code_until_its_source_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, path = stripes(), written(tmp_path / "code")
    point = point_at(path, data)
    unplaced = replace(point.network, factory=replace(point.network.factory, place=""))  # type: ignore[type-var]
    monkeypatch.setattr(trust, "_trusted", set())
    monkeypatch.setattr(sources, "_known", {})
    with pytest.raises(UserError, match=r"my_nets\.make_vgg .*not known here; name its file with --trust my_nets\.py"):
        build_module(unplaced)
    trust.trust_file(written(tmp_path / "changed", VGG + "# changed\n"))
    with pytest.raises(UserError, match=r"my_nets\.py has changed since"):
        build_module(unplaced)
    trust.trust_file(path)
    build_module(unplaced)


def test_the_key_follows_the_code_and_not_the_folder(tmp_path: Path) -> None:
    data = stripes()
    keys = [point_at(written(tmp_path / name), data).key for name in ("a", "b")]
    changed = point_at(written(tmp_path / "c", VGG.replace("padding=1", "padding=(1, 1)")), data).key
    assert keys[0] == keys[1] != changed


def test_code_that_changes_after_the_plan_is_refused(tmp_path: Path) -> None:
    network = family_at(written(tmp_path / "code"))
    written(tmp_path / "code", VGG + "# changed\n")
    load_function.cache_clear()  # as in a worker
    with pytest.raises(UserError, match="has changed: its digest is"):
        build_module(network)


@pytest.mark.parametrize(("name", "rate"), [("dropout", 0.2), ("drop_path", 0.1)])
def test_a_rate_that_the_factory_does_not_take_is_refused(name: str, rate: float, tmp_path: Path) -> None:
    network = family_at(written(tmp_path / "code"))
    with pytest.raises(ValueError, match=f"recipe {name} is {rate}; must be 0 or null"):
        resolve_hyperparameters(replace(Recipe(epochs=1), **{name: rate}), network, 640)


def test_a_plan_from_python_names_counts_and_shares(tmp_path: Path) -> None:
    path = written(tmp_path / "code", VGG.replace("(1, 8), (2, 16)", "(2, 16), (4, 32)"))
    settings = {"family.path": str(path), "family.factory": "make_vgg", "results": str(tmp_path)}
    arguments = {"family": "module", "rule": ["width", "depth", "resolution"], "times_flops": [1, 2], "name": "own"}
    with pytest.raises(UserError, match="is run only with trust=true"):
        lab.plan(**arguments, settings=settings)
    plan = lab.plan(**arguments, settings={**settings, "trust": True, "infeasible": "skip"})
    assert len(plan.questions["key"].unique()) == 4
    assert plan.questions["family"].unique().tolist() == ["my_nets.make_vgg"]
    ratio = plan.questions["flops"] / plan.questions["flops"].min()
    assert ((ratio / plan.questions["times_flops"] - 1).abs() <= 0.05).all()


USUAL = "# @package _global_\n# A study\nhydra: {sweeper: {params: {rule: width}}}\n"
STUDY = "# @package _global_\n# A study\ntrust: true\n"
AXIS = "# @package _global_\n# A study\nhydra: {sweeper: {params: {family: module, trust: 'true'}}}\n"


@pytest.mark.parametrize("study", [USUAL, STUDY, AXIS])
def test_only_the_command_line_trusts(
    study: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path / "code", "open('ran', 'w').close()\n" + VGG)
    (tmp_path / "own/study").mkdir(parents=True)
    (tmp_path / "own/study/evil.yaml").write_text(study)
    words = ["study=evil", "--config-dir", "own", "family=module", f"family.path={path}", "family.factory=make_vgg"]
    try:
        status: object = hydra_main([*words, "do=plan"])
    except SystemExit as stop:
        status = stop.code
    registry.set_search_path([registry.CONF])
    assert status == 2
    assert "trust" in capsys.readouterr().err
    assert not Path("ran").exists()


def test_a_registered_function_is_a_family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scaling_lab.modules import names

    monkeypatch.setattr(names, "_registered", {})
    written(tmp_path / "code").rename(tmp_path / "code/nets_of_a_test.py")
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    from nets_of_a_test import make_vgg  # type: ignore[import-not-found]

    lab.register("my_vgg", make_vgg, side=20)
    assert lab.cost("my_vgg", width=2, channels=1).flops == lab.cost("my_vgg", channels=1, width=2.0).flops
    assert lab.fit("my_vgg", "width", times_flops=4).times_flops == pytest.approx(4, rel=0.02)
    assert "my_vgg" in lab.families().index
    for name, make, message in (
        ("resnet18", make_vgg, "is a family of conf/family already"),
        ("my vgg", make_vgg, "must be letters, digits and underscores"),
        ("other", lambda **_: None, "workers cannot import it"),
        ("other", 3, "must be a function"),
    ):
        with pytest.raises(UserError, match=message):
            lab.register(name, make)
