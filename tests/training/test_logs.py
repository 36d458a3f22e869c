"""The log of a point: one row per epoch, none twice after a resumption, and no training stopped by it."""

import csv
import sys
from pathlib import Path

import pytest

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.store.schema import EpochRecord
from scaling_lab.training.logs import COLUMNS, make_log
from scaling_lab.training.progress import TrainingProgress

RECIPE = Hyperparameters(40, 0, 16, 0.1, 0.9, 0.0, 0.0, 0, False)
RECORDS = [
    EpochRecord(1, 10, 0.1, 2.0, 1.5, 0.5, seconds=4.0),
    EpochRecord(2, 20, 0.05, None, None, 0.75, seconds=6.0),
    EpochRecord(3, 30, 0.01, 1.0, 0.5, 0.875, seconds=10.0),
]


def progress(epochs: int, first: int = 0) -> TrainingProgress:
    return TrainingProgress(epoch_losses=[3.0, 2.0, 1.0][:epochs], epochs=RECORDS[first:epochs])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_per_epoch_with_what_was_measured(tmp_path: Path) -> None:
    log = make_log("csv", tmp_path / "logs", "beef")
    assert log is not None
    for epochs in (1, 2, 3):
        log.write(progress(epochs), RECIPE)
        assert len(rows(tmp_path / "logs/beef.csv")) == epochs
    first, second, third = rows(tmp_path / "logs/beef.csv")
    assert tuple(first) == COLUMNS
    assert first == {
        **{"epoch": "1", "step": "10", "lr": "0.1", "train_loss": "3.0", "held_out_loss": "1.5"},
        **{"held_out_accuracy": "0.5", "grad_norm": "2.0", "images_per_second": "40.0", "seconds": "4.0"},
    }
    assert (second["grad_norm"], second["held_out_loss"], second["images_per_second"]) == ("", "", "80.0")
    assert third["train_loss"] == "1.0"
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["beef.csv"]


def test_a_resumed_training_writes_no_row_twice(tmp_path: Path) -> None:
    for epochs in (2, 2, 3):  # the second process resumes before the end of epoch 2
        log = make_log("csv", tmp_path, "beef")
        assert log is not None
        log.write(progress(epochs), RECIPE)
    assert [row["epoch"] for row in rows(tmp_path / "beef.csv")] == ["1", "2", "3"]


def test_the_rate_after_an_epoch_without_a_record_is_missing(tmp_path: Path) -> None:
    log = make_log("csv", tmp_path, "beef")
    assert log is not None
    log.write(progress(3, first=1), RECIPE)
    assert [row["images_per_second"] for row in rows(tmp_path / "beef.csv")] == ["", "40.0"]


def test_a_log_that_cannot_be_written_is_warned_about_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "logs").touch()
    log = make_log("csv", tmp_path / "logs", "beef")
    assert log is not None
    log.write(progress(1), RECIPE)
    log.write(progress(2), RECIPE)
    [warning] = caplog.records
    assert "logs/beef.csv" in warning.getMessage()


def test_tensorboard_that_is_missing_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    log = make_log("tensorboard", tmp_path, "beef")
    assert log is not None
    log.write(progress(1), RECIPE)
    assert len(caplog.records) == 1


def test_tensorboard_events_are_written_once(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for epochs in (2, 3):  # two processes
        log = make_log("tensorboard", tmp_path, "beef")
        assert log is not None
        log.write(progress(epochs - 1), RECIPE)
        log.write(progress(epochs), RECIPE)
    events = EventAccumulator(str(tmp_path / "beef"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("held_out_accuracy")] == [
        (10, 0.5),
        (20, 0.75),
        (30, 0.875),
    ]
    assert [event.step for event in events.Scalars("grad_norm")] == [10, 30]


def test_no_log_is_none(tmp_path: Path) -> None:
    assert make_log("none", tmp_path, "beef") is None
