"""Trackers: what a sweep tells them is read back with their own libraries; one that fails stops nothing."""

import logging
import os
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from unittest.mock import MagicMock

import pandas as pd
import pytest

from scaling_lab.config.sweep_options import TRACKERS, SweepOptions
from scaling_lab.errors import UserError, UserErrors
from scaling_lab.store.results import Store
from scaling_lab.store.schema import EpochRecord
from scaling_lab.study.executors.pool import SilentWatcher
from scaling_lab.study.trackers import base
from scaling_lab.study.trackers.base import TrackedRun, make_tracker, require_package
from scaling_lab.study.trackers.publisher import Publisher
from scaling_lab.study.trackers.watcher import TrackingWatcher

LOSSES = (2.0, 1.5, 1.25)
NAMES = ("csv", "tensorboard", "mlflow", "wandb")


def needs(name):
    package = base.PACKAGES.get(name)
    missing = package is not None and find_spec(package) is None
    return pytest.param(name, marks=pytest.mark.skipif(missing, reason=f"{package} is not installed"))


@pytest.fixture
def result(quick):
    first = next(iter(quick.results.values()))
    epochs = tuple(
        EpochRecord(number, 10 * number, 0.1 / number, None, 1 / number, 0.5 + number / 10, 2.0 * number)
        for number in (1, 2, 3)
    )
    return replace(first, train_loss=LOSSES, epochs=epochs)


@pytest.fixture
def follow(tmp_path, result):
    """Follow a training that ends, one that fails and one that is stopped; return the results folder."""

    def run(name):
        store = Store(tmp_path)
        store.logs.mkdir()
        runs = {
            key: TrackedRun(key, f"net, {key}", {"rule": "depth", "flops": 7}) for key in (result.key, "bad", "halt")
        }
        publisher = Publisher(name, lambda: make_tracker(name, tmp_path, "study"))
        watcher = TrackingWatcher(SilentWatcher(), publisher, runs, store)
        for key in runs:
            watcher.point_started(key)
        (store.logs / f"{result.key}.csv").write_text("epoch,step,lr,train_loss,grad_norm\n1,10,0.1,2.0,\n")
        watcher._last_look = -1e9
        watcher.update({})
        watcher.point_failed("bad", "FloatingPointError: nan\nin epoch 1")
        watcher.point_deferred("halt", "stopped")
        watcher.point_finished(result.key, result)
        publisher.close()
        return tmp_path

    return run


def test_csv(follow, result):
    rows = pd.read_csv(follow("csv") / "tracker.csv")
    own = rows[rows["key"] == result.key]
    losses = own[own["name"] == "train_loss"]
    assert losses["step"].tolist() == [10, 20, 30]
    assert losses["value"].astype(float).tolist() == list(LOSSES)
    summary = own[own["step"].isna()].set_index("name")["value"]
    assert float(summary["test_accuracy"]) == result.test_accuracy
    assert summary["rule"] == "depth"
    last = rows[rows["name"] == "status"].groupby("key")["value"].last()
    assert last.to_dict() == {result.key: "finished", "bad": "failed", "halt": "stopped"}


@pytest.mark.parametrize("name", [needs("tensorboard")])
def test_tensorboard(follow, result, name):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (folder,) = (follow(name) / "tensorboard").glob(f"*{result.key}")
    events = EventAccumulator(str(folder)).Reload()
    losses = events.Scalars("train_loss")
    assert [(event.step, event.value) for event in losses] == [(10, 2.0), (20, 1.5), (30, 1.25)]
    (accuracy,) = events.Scalars("result/test_accuracy")
    assert accuracy.value == pytest.approx(result.test_accuracy)
    assert len(list((folder.parent).iterdir())) == 3


@pytest.mark.parametrize("name", [needs("mlflow")])
def test_mlflow(follow, result, name, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder = follow(name)
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=(folder / "mlruns").as_uri())
    experiment = client.get_experiment_by_name("study")
    runs = {run.data.tags["scaling_lab.key"]: run for run in client.search_runs([experiment.experiment_id])}
    assert {key: run.info.status for key, run in runs.items()} == {
        result.key: "FINISHED",
        "bad": "FAILED",
        "halt": "KILLED",
    }
    own = runs[result.key]
    assert own.data.params == {"rule": "depth", "flops": "7"}
    assert own.data.metrics["test_accuracy"] == result.test_accuracy
    history = client.get_metric_history(own.info.run_id, "train_loss")
    assert [(metric.step, metric.value) for metric in history] == [(10, 2.0), (20, 1.5), (30, 1.25)]


@pytest.mark.parametrize("name", [needs("wandb")])
def test_wandb_offline(follow, result, name, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    folder = follow(name)
    files = list((folder / "wandb").glob("offline-run-*/run-*.wandb"))
    assert len(files) == 3
    assert any(str(result.test_accuracy)[:6].encode() in file.read_bytes() for file in files)


@pytest.mark.parametrize(
    ("name", "variable", "value"),
    [("mlflow", "MLFLOW_DISABLE_TELEMETRY", "true"), ("wandb", "WANDB_ERROR_REPORTING", "false")],
)
def test_libraries_send_nothing_of_their_own(tmp_path, monkeypatch, name, variable, value):
    for setting in (variable, "MLFLOW_TRACKING_URI", "MLFLOW_ALLOW_FILE_STORE", "WANDB_MODE"):
        monkeypatch.setenv(setting, "")  # restored at the end, whatever the tracker sets
        monkeypatch.delenv(setting)
    seen, library = [], MagicMock()

    class Library:
        def __getattr__(self, attribute):
            seen.append(os.environ.get(variable))
            return getattr(library, attribute)

    monkeypatch.setitem(sys.modules, name, Library())
    make_tracker(name, tmp_path, "study").start(TrackedRun("k", "net", {}))
    assert set(seen) == {value}


class Broken:
    """A tracker of which every call raises."""

    def __init__(self):
        self.calls = 0

    def __getattr__(self, name):
        def call(*_):
            self.calls += 1
            raise ConnectionError("no route to host")

        return call


def test_a_broken_tracker_is_named_once(caplog):
    broken = Broken()
    publisher = Publisher("mlflow", lambda: broken)
    for _ in range(3):
        publisher.publish(lambda tracker: tracker.log())
    publisher.close()
    assert broken.calls == 4  # close is tried too
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "mlflow" in caplog.text
    assert "no route to host" in caplog.text


def test_a_tracker_that_cannot_be_opened_stops_nothing(caplog):
    def fail():
        raise OSError("no server")

    publisher = Publisher("wandb", fail)
    publisher.publish(lambda tracker: tracker.log())
    publisher.close()
    assert len(caplog.records) == 1


def test_a_hanging_tracker_stops_nothing(caplog):
    publisher = Publisher("wandb", Broken)
    publisher.publish(lambda _: time.sleep(2))
    began = time.monotonic()
    publisher.close(seconds=0.1)
    assert time.monotonic() - began < 1
    assert len(caplog.records) == 1


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(base, "find_spec", lambda _: None)
    require_package("none")
    require_package("csv")
    with pytest.raises(UserError, match=r"tracker=mlflow.*pip install 'scaling-lab\[mlflow\]'"):
        require_package("mlflow")


def test_an_unknown_tracker_is_refused():
    with pytest.raises(UserErrors, match="did you mean wandb"):
        SweepOptions("x", tracker="wandbb")


def test_every_tracker_is_a_choice():
    assert set(TRACKERS) == {"none", *NAMES}
