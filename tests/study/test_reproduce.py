"""Points trained again: bit-equal on this machine; what is not the committed result, or not its images, is named."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import scaling_lab as lab
from scaling_lab.cli import main
from scaling_lab.config import registry
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.errors import UserError
from scaling_lab.store.bits import pack_bits, unpack_bits
from scaling_lab.store.names import result_name
from scaling_lab.store.results import Store
from scaling_lab.store.schema import Result
from scaling_lab.store.writing import encode_result
from scaling_lab.study import reproduce
from scaling_lab.study.executors.local import Local
from scaling_lab.study.executors.protocol import Outcome
from scaling_lab.study.option_names import naming_arguments
from scaling_lab.study.reproduce import ReproduceOptions, reproduce_points, select_points
from scaling_lab.study.schedule import Schedule
from scaling_lab.training.train_point import train_point
from tests.made_up import class_folders


@dataclass(frozen=True)
class InProcess(Local):
    """Train in this process, after `change` of the result."""

    change: Callable[[Result], Result] = lambda result: result

    def schedule(self, sweep: Any) -> Schedule:
        return Schedule(tuple(sweep.remaining), {}, ("cpu",))

    def run(self, sweep: Any, schedule: Schedule) -> Outcome:
        for key in schedule.keys:
            planned, scratch = sweep.study.points[key], sweep.store.folder / "scratch"
            Store(scratch).open_for_writing()
            result = train_point(planned.point, planned.dataset, scratch, ExecutionOptions(log="none"))
            sweep.store.add_result(self.change(result))
        return Outcome.FINISHED


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return class_folders(tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def trained(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study of one network with three seeds and another with two, on 54 images of 8 px."""
    settings = {"dataset.path": str(images), "family.side": 8, "recipe.batch": 9, "recipe.epochs": 1}
    settings |= {"recipe.warmup_epochs": 0, "results": str(tmp_path_factory.mktemp("results"))}
    plans = [
        lab.plan(family="resnet_tiny", rule="width", times_flops=budget, seed=seeds, dataset="image_folder",
                 name="tiny", settings=settings)
        for budget, seeds in ((1, range(3)), (2, range(2)))
    ]  # fmt: skip
    studies = [plan._study for plan in plans]
    store = Store(plans[0].folder)
    store.open_for_writing()
    store.write_plan(replace(studies[0].plan, entries=studies[0].plan.entries + studies[1].plan.entries))
    for planned in (planned for study in studies for planned in study.points.values()):
        train_point(planned.point, planned.dataset, store.folder, ExecutionOptions(log="none"))
    return store.folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained, tmp_path / "tiny")


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Train in this process from now on, with a change of each result."""

    def use(change: Callable[[Result], Result] = lambda result: result) -> None:
        monkeypatch.setattr(reproduce, "Local", lambda **_: InProcess(change))

    use()
    return use


def with_accuracy(correct: list[bool]) -> Callable[[Result], Result]:
    return lambda result: replace(result, test_accuracy=sum(correct) / len(correct), test_correct=pack_bits(correct))


def test_the_command_trains_the_points_in_worker_processes(folder: Path, capsys: Any, tmp_path: Path) -> None:
    arguments = ["--sample", "2", "--workers", "1", "--to", str(tmp_path / "again.csv")]
    assert main(["reproduce", str(folder), *arguments]) == 0
    table = pd.read_csv(tmp_path / "again.csv")
    assert list(table["verdict"]) == ["bit-equal"] * 2
    assert (table["test_accuracy"] == table["recorded_test_accuracy"]).all()
    assert (table["changed"] == 0).all()
    printed = capsys.readouterr().out
    assert "2 of 5 finished points of tiny" in printed
    assert all(key in printed for key in table["key"])


def test_a_sample_is_drawn_with_its_seed(trained: Path) -> None:
    def keys(**options: Any) -> list[str]:
        chosen = select_points(trained, ReproduceOptions(**options)).points
        return [recorded.entry.key for recorded in chosen]

    assert keys(sample=3, seed=1) == keys(sample=3, seed=1)
    assert len({tuple(keys(sample=2, seed=seed)) for seed in range(9)}) > 3
    assert len(set(keys(sample=99))) == 5
    table = lab.load(trained)
    assert keys(sample=1, cheapest=True) == [table.loc[table["point_seconds"].idxmin(), "key"]]
    assert keys(point=table["key"][3][:8]) == [table["key"][3]]


@pytest.mark.parametrize("options", [{"sample": 0}, {"point": "zz"}, {"point": ""}])
def test_points_that_cannot_be_chosen(options: dict[str, Any], trained: Path) -> None:
    with naming_arguments(), pytest.raises(UserError) as raised:
        select_points(trained, ReproduceOptions(**options))
    assert "--" not in str(raised.value)
    with pytest.raises(UserError, match=r"sample|--point"):
        select_points(trained, ReproduceOptions(**options))


@pytest.mark.usefixtures("in_process")
def test_a_sealed_study_without_result_files_is_planned_again(folder: Path, images: Path) -> None:
    assert main(["seal", str(folder), "--remove-results"]) == 0
    moved = images.with_name("elsewhere.tar")
    shutil.copy(images, moved)  # the name of the dataset is another, its images are the same
    table = lab.reproduce(folder, sample=5, settings={"path": str(moved)})
    assert list(table["verdict"]) == ["bit-equal"] * 5
    assert table["key"].is_unique


def test_other_bits_are_compared_with_the_seeds(folder: Path, in_process: Any, capsys: Any) -> None:
    key = select_points(folder, ReproduceOptions()).points[0].entry.key
    result = Store(folder).read_result(key)
    assert result
    correct = unpack_bits(result.test_correct, result.test_pictures)
    in_process(with_accuracy([not correct[0], *correct[1:]]))
    [row] = lab.reproduce(folder, point=key).to_dict("records")
    assert (row["verdict"], row["changed"]) == ("equal within seed noise", 1)
    assert row["low"] < row["test_accuracy"] < row["high"]
    in_process(with_accuracy([not bit for bit in correct]))
    assert main(["reproduce", str(folder), "--point", key]) == 1
    assert "not reproduced" in capsys.readouterr().out


@pytest.mark.parametrize(("available", "taken"), [(4, 4), (5, 4), (3, 1), (1, 1)])
def test_as_many_processes_as_then_where_the_machine_has_them(
    available: int, taken: int, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    selection = select_points(trained, ReproduceOptions(sample=1))
    row = {**selection.points[0].row, "processes": 4, "sync_batch_norm": True}
    several = replace(selection, points=(replace(selection.points[0], row=row),))
    monkeypatch.setattr(reproduce, "usable_cores", lambda: available)
    assert reproduce._executor(several, "cpu") == Local(processes_per_point=taken)
    monkeypatch.setattr(reproduce, "usable_cores", lambda: 64)
    monkeypatch.setattr(reproduce, "resolve_devices", lambda _: tuple(f"cuda:{i}" for i in range(available)))
    assert reproduce._executor(several, "cuda") == Local(processes_per_point=taken, sync_batch_norm=taken > 1)


def test_a_point_of_more_processes_than_cores_is_trained_by_one_and_that_is_said(
    folder: Path, in_process: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    [recorded] = select_points(folder, ReproduceOptions(sample=1)).points
    store = Store(folder)
    result = store.read_result(recorded.entry.key)
    assert result
    path = folder / "points" / result_name(recorded.entry.key)
    path.write_bytes(encode_result(replace(result, provenance=result.provenance | {"processes": 4})))
    monkeypatch.setattr(reproduce, "usable_cores", lambda: 2)
    in_process()
    selection = select_points(folder, ReproduceOptions(point=recorded.entry.key))
    [again] = reproduce_points(folder, selection, ReproduceOptions())
    assert again.is_reproduced
    assert again.differences["processes"][0] == 4


@pytest.mark.usefixtures("in_process")
def test_mistakes_are_named_before_anything_is_trained(folder: Path, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "other").mkdir()
    other = class_folders(tmp_path / "other")
    shutil.unpack_archive(other, tmp_path / "unpacked", filter="data")
    (tmp_path / "unpacked/made_up/train/cat/00.png").unlink()
    plan = json.loads((folder / "plan.json").read_text())
    plan["datasets"][0]["settings"]["path"] = str(tmp_path / "gone.tar")
    (folder / "plan.json").write_text(json.dumps(plan))
    words = ["reproduce", str(folder), "--sample", "1"]
    for more, fragment in (
        ([], "set dataset.path="),
        ([f"dataset.path={tmp_path / 'unpacked/made_up'}"], "fingerprint"),
        (["--set", f"dataset.path={tmp_path / 'unpacked/made_up'}"], "fingerprint"),
        ([f"dataset.path={other}", "dataset.pth=3"], "did you mean path"),
        ([f"dataset.path={other}", "--into", str(tmp_path)], "--into"),
        ([f"dataset.path={other}", "--into", str(folder)], "--into"),
        (["--set", "recipe.epochs=3"], "dataset.NAME=VALUE"),
    ):
        assert main([*words, *more]) == 2
        assert fragment in capsys.readouterr().err


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(("group", "change"), [("recipe", {"lr": 0.3}), ("family", {"classes": 3})])
def test_a_sealed_study_whose_recipe_or_family_changed_is_refused(
    group: str, change: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["seal", str(folder), "--remove-results"]) == 0
    read = registry.read_yaml
    family = registry.read_yaml("family", "mobilenet_v1_small")
    changed = family if group == "family" else read("recipe", "short") | change
    monkeypatch.setattr(registry, "read_yaml", lambda kind, name: changed if kind == group else read(kind, name))
    with pytest.raises(UserError, match=f"its {'family or rule' if group == 'family' else 'recipe'}"):
        lab.reproduce(folder, sample=1)


def test_printing_the_command_trains_nothing(folder: Path, images: Path, capsys: Any) -> None:
    key = lab.load(folder)["key"][0]
    assert main(["reproduce", str(folder), "--point", key, "--print"]) == 0
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("python run_sweep.py ")
    for word in (f"name=tiny-{key}", "family=resnet_tiny", "family.side=8", "recipe.batch=9", f"dataset.path={images}"):
        assert word in line
