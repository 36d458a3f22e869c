"""Committed points are rebuilt with their keys, and trained again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.config import registry
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.store.results import Store
from scaling_lab.study.recorded_dataset import find_recorded_dataset
from scaling_lab.study.recorded_points import RecordedPoint, rebuild_recorded
from scaling_lab.study.reproduce import ReproduceOptions, reproduce_points, select_points
from scaling_lab.training.recorder import Recorder
from scaling_lab.training.train_point import train_point

RESULTS = Path(__file__).parents[2] / "results"


COMMITTED = sorted(path.parent for path in RESULTS.glob("*/plan.json"))
IN_PACKAGE = ("fashion_mnist", "fashion_mnist_10k")


def recorded_points(study: Path) -> list[RecordedPoint]:
    return list(select_points(study, ReproduceOptions(sample=10**6)).points)


@pytest.mark.parametrize("study", COMMITTED, ids=lambda path: path.name)
def test_every_committed_point_is_rebuilt_with_its_key(study: Path) -> None:
    """From the result file, and from the question alone where the images are in the package."""
    plan, points, table = Store(study).read_plan(), recorded_points(study), read_results_folder(study).table
    assert {recorded.entry.key for recorded in points} == set(table.loc[table["state"] == "done", "key"])
    for recorded in points:
        source = find_recorded_dataset(plan, recorded.entry.question.dataset)
        assert source
        if source.choice in IN_PACKAGE:
            dataset = registry.build_value("dataset", source.settings, source.choice)
            for variant in (recorded, replace(recorded, result=None)):
                assert rebuild_recorded(variant, dataset).key == recorded.entry.key


class EpochEndedError(Exception):
    pass


def first_dataset(study: Path) -> str:
    return Store(study).read_plan().entries[0].question.dataset


TRAINABLE = [study for study in COMMITTED if first_dataset(study) in IN_PACKAGE and any(study.glob("points/*.json"))]


@pytest.mark.parametrize("study", TRAINABLE[:1], ids=lambda path: path.name)
def test_the_first_epoch_of_the_cheapest_committed_point(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss is that of its result but for rounding, which another processor does in another way."""
    [recorded] = select_points(study, ReproduceOptions(sample=1, cheapest=True)).points
    losses = list[float]()

    def stop(_: Recorder, training: Any) -> None:
        losses.extend(training.progress.epoch_losses)
        raise EpochEndedError

    monkeypatch.setattr(Recorder, "record", stop)
    dataset = registry.build_value("dataset", registry.read_yaml("dataset", recorded.entry.question.dataset))
    Store(tmp_path).open_for_writing()
    with pytest.raises(EpochEndedError):
        train_point(rebuild_recorded(recorded, dataset), dataset, tmp_path, ExecutionOptions(log="none"))
    assert recorded.result
    assert losses == pytest.approx(recorded.result.train_loss[:1], rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("study", TRAINABLE, ids=lambda path: path.name)
def test_the_cheapest_committed_point_is_reproduced(study: Path) -> None:
    options = ReproduceOptions(sample=1, cheapest=True)
    [again] = reproduce_points(study, select_points(study, options), options)
    assert again.is_reproduced
