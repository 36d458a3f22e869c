"""Pass what the watcher of a sweep sees to a tracker: points that start and end, and their epochs. No torch.

Epochs come from the log that a worker writes (`log=csv`), as soon as they end, and otherwise from the result.
"""

import csv
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from functools import partial
from math import isfinite
from time import monotonic, time
from typing import TYPE_CHECKING

from scaling_lab.store.files import UNREADABLE, read_file
from scaling_lab.store.schema import EpochRecord, Result
from scaling_lab.study.trackers.base import FAILED, FINISHED, STOPPED, TrackedRun, Tracker, Value, make_tracker
from scaling_lab.study.trackers.publisher import Publisher

if TYPE_CHECKING:
    from scaling_lab.store.leases import LeaseState
    from scaling_lab.store.results import Store
    from scaling_lab.study.context import SweepContext
    from scaling_lab.study.executors.pool import Watcher

NONE = "none"
LOOK_SECONDS = 2.0
"""Seconds between two looks at the logs."""
SUMMARY = (
    *("test_accuracy", "test_loss", "test_top5", "held_out_accuracy", "learned", "train_seconds", "point_seconds"),
    *("latency_seconds", "peak_memory"),
)


class TrackingWatcher:
    """Implements `pool.Watcher`: passes everything on to another watcher, and to a tracker.

    Args:
        watcher: The watcher of the sweep.
        publisher: Calls the tracker.
        runs: The run of each point, by key.
        store: The results folder, which has the logs.
    """

    def __init__(
        self, watcher: "Watcher", publisher: Publisher, runs: Mapping[str, TrackedRun], store: "Store"
    ) -> None:
        self._watcher, self._publisher, self._runs, self._store = watcher, publisher, runs, store
        self._started: dict[str, float] = {}
        self._epochs: dict[str, int] = {}
        self._last_look = monotonic()

    def point_started(self, key: str) -> None:
        """Begin a run."""
        self._watcher.point_started(key)
        self._start(key)

    def point_finished(self, key: str, result: Result) -> None:
        """Write the epochs that are left and the result; a point that another process trained has its run here too."""
        self._watcher.point_finished(key, result)
        if key not in self._started:
            self._start(key)
        self._log(key, {record.epoch: _epoch_values(record, result) for record in result.epochs})
        summary = {name: getattr(result, name) for name in SUMMARY if getattr(result, name) is not None}
        self._finish(key, FINISHED, summary)

    def point_failed(self, key: str, reason: str) -> None:
        """End a run that failed."""
        self._watcher.point_failed(key, reason)
        self._finish(key, FAILED, {"reason": reason.partition("\n")[0][:500]})

    def point_deferred(self, key: str, reason: str) -> None:
        """End a run that was stopped; the point begins a new one."""
        self._watcher.point_deferred(key, reason)
        self._finish(key, STOPPED, {"reason": reason})

    def stopping(self) -> None:
        """Pass it on."""
        self._watcher.stopping()

    def update(self, leases: "dict[str, LeaseState]") -> None:
        """Write the epochs that have ended."""
        self._watcher.update(leases)
        if monotonic() - self._last_look >= LOOK_SECONDS:
            for key, since in self._started.items():
                self._log(key, read_log(self._store, key, since))
            self._last_look = monotonic()

    def _start(self, key: str) -> None:
        self._started[key], self._epochs[key] = time(), 0
        self._publisher.publish(partial(_call_start, self._runs[key]))

    def _log(self, key: str, epochs: Mapping[int, Mapping[str, float]]) -> None:
        for epoch in sorted(epochs):
            if epoch > self._epochs[key]:
                values = dict(epochs[epoch])
                step = int(values.pop("step"))
                self._publisher.publish(partial(_call_log, self._runs[key], step, values))
                self._epochs[key] = epoch

    def _finish(self, key: str, status: str, summary: Mapping[str, Value]) -> None:
        if self._started.pop(key, None) is not None:
            self._publisher.publish(partial(_call_finish, self._runs[key], status, summary))


def _call_start(run: TrackedRun, tracker: Tracker) -> None:
    tracker.start(run)


def _call_log(run: TrackedRun, step: int, values: Mapping[str, float], tracker: Tracker) -> None:
    tracker.log(run, step, values)


def _call_finish(run: TrackedRun, status: str, summary: Mapping[str, Value], tracker: Tracker) -> None:
    tracker.finish(run, status, summary)


def read_log(store: "Store", key: str, since: float) -> dict[int, dict[str, float]]:
    """Return the values of each epoch in the log of a point, without those of an earlier training.

    Args:
        since: Time from which on the log must have been written, in seconds.
    """
    path = store.logs / f"{key}.csv"
    with suppress(*UNREADABLE):
        if path.stat().st_mtime >= since:
            rows = csv.DictReader(read_file(path).decode().splitlines())
            return {int(row.pop("epoch")): _numbers(row) for row in rows}
    return {}


def _numbers(row: Mapping[str, str]) -> dict[str, float]:
    return {name: float(value) for name, value in row.items() if value and isfinite(float(value))}


def _epoch_values(record: EpochRecord, result: Result) -> dict[str, float]:
    """Return what a log has of an epoch, from a result."""
    names = [field.name for field in fields(record) if field.name != "epoch"]
    values = {name: getattr(record, name) for name in names} | {"train_loss": result.train_loss[record.epoch - 1]}
    return {name: float(value) for name, value in values.items() if value is not None and isfinite(value)}


@contextmanager
def open_tracking(sweep: "SweepContext", keys: Collection[str], watcher: "Watcher") -> "Iterator[Watcher]":
    """Context manager: yield a watcher that writes to the sweep's tracker too; `watcher` itself without a tracker."""
    options = sweep.options
    if options.tracker == NONE:
        yield watcher
        return
    publisher = Publisher(options.tracker, lambda: make_tracker(options.tracker, sweep.store.folder, options.name))
    try:
        yield TrackingWatcher(watcher, publisher, tracked_runs(sweep, keys), sweep.store)
    finally:
        publisher.close()


def tracked_runs(sweep: "SweepContext", keys: Collection[str]) -> dict[str, TrackedRun]:
    """Return the run of each point, by key."""
    costs = {entry.key: {"flops": entry.flops, "params": entry.params} for entry in sweep.plan.entries}
    return {
        key: TrackedRun(key, planned.label, _config(planned.question) | costs[key])
        for key, planned in sweep.study.points.items()
        if key in keys
    }


def _config(question: object) -> dict[str, Value]:
    return {name: value for name, value in vars(question).items() if value is not None}
