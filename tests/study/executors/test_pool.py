"""Outcomes of points in the pool: a stand-in for training decides by their seeds."""

from collections.abc import Callable, Container
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import pytest

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.data.dataset import InMemoryDataset
from scaling_lab.store.keys import canonical_form
from scaling_lab.store.leases import Leases, LeaseState
from scaling_lab.store.results import Store, WriteError
from scaling_lab.store.schema import Point, Result
from scaling_lab.study.executors import hung_workers, pool
from scaling_lab.study.executors.pool import SilentWatcher, TooManyFailures

MakePoint = Callable[[int], Point]
Train = Callable[..., Store]

pytestmark = pytest.mark.usefixtures("stand_in")


class Recorder(SilentWatcher):
    """Records the events of each point, in order."""

    def __init__(self) -> None:
        self.events: dict[str, list[str]] = {}

    def point_started(self, key: str) -> None:
        self.events.setdefault(key, []).append("began")

    def point_finished(self, key: str, _: Result) -> None:
        self.events.setdefault(key, []).append("done")

    def point_failed(self, key: str, reason: str) -> None:
        self.events.setdefault(key, []).append(f"fails {reason}")

    def point_deferred(self, key: str, reason: str) -> None:
        self.events.setdefault(key, []).append(f"waits {reason}")


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def train(
    make_point: MakePoint,
    pictures: InMemoryDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    recorder: Recorder,
) -> Train:
    """Train points of these seeds in a store."""
    import stand_in as module

    monkeypatch.setattr(pool, "train_with_lease", module.train)
    store = Store(tmp_path)
    store.open_for_writing()

    def run(
        *seeds: int,
        execution: ExecutionOptions | None = None,
        max_failures: int | None = None,
        watcher: SilentWatcher = recorder,
    ) -> Store:
        jobs = [(make_point(seed), pictures) for seed in seeds]
        pool.train_points(jobs, store, ("cpu", "cpu"), execution or ExecutionOptions(), watcher, max_failures)
        return store

    return run


def test_outcomes_are_stored_and_stop_no_other_point(make_point: MakePoint, train: Train, recorder: Recorder) -> None:
    import stand_in

    stored = train(
        stand_in.KILLED, 0, stand_in.RAISING, 1, 2, execution=ExecutionOptions(checkpoint_minutes=7)
    ).read_results()
    killed, first, raising, second, third = (
        make_point(seed).key for seed in (stand_in.KILLED, 0, stand_in.RAISING, 1, 2)
    )
    assert set(stored.results) == {first, second, third}
    assert set(stored.failures) == {killed, raising}
    assert stored.failures[raising].startswith("FloatingPointError: loss is nan in epoch 1 (stand_in.py:")
    assert recorder.events[first] == ["began", "done"]
    assert recorder.events[raising] == ["began", f"fails {stored.failures[raising]}"]
    assert len({result.provenance["pid"] for result in stored.results.values()}) == 3
    assert {(r.provenance["device"], r.provenance["minutes"]) for r in stored.results.values()} == {("cpu", 7)}


def test_a_point_whose_worker_is_killed_is_tried_once_more(
    make_point: MakePoint, train: Train, recorder: Recorder, tmp_path: Path
) -> None:
    import stand_in

    stored = train(stand_in.KILLED, stand_in.KILLED_ONCE).read_results()
    often, once = make_point(stand_in.KILLED).key, make_point(stand_in.KILLED_ONCE).key
    assert set(stored.results) == {once}
    assert [path.name for path in (tmp_path / "points").glob("*.failed.*")] == [f"{often}.failed.1.json"]
    assert (tmp_path / f"{stand_in.KILLED}.tries").read_text() == "0\n0\n"
    assert [event.partition(" ")[0] for event in recorder.events[often]] == ["began", "waits", "began", "fails"]
    assert [event.partition(" ")[0] for event in recorder.events[once]] == ["began", "waits", "began", "done"]
    assert recorder.events[once][1].endswith("once more")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> ExecutionOptions:
    """Workers count as hung soon after their lease is stale, and later if they never had one."""
    monkeypatch.setattr(hung_workers, "START_SECONDS", 30.0)
    monkeypatch.setattr(hung_workers, "MIN_SECONDS", 0.0)
    return ExecutionOptions(lease_seconds=2)


def test_a_hung_worker_is_replaced(
    make_point: MakePoint, train: Train, recorder: Recorder, impatient: ExecutionOptions
) -> None:
    import stand_in

    stored = train(stand_in.HUNG_ONCE, 0, execution=impatient).read_results()
    hung = make_point(stand_in.HUNG_ONCE).key
    assert set(stored.results) == {hung, make_point(0).key}
    assert [event.partition(" ")[0] for event in recorder.events[hung]] == ["began", "waits", "began", "done"]


def test_a_hung_worker_does_not_hide_the_result_of_another_sweep(
    make_point: MakePoint, train: Train, impatient: ExecutionOptions, tmp_path: Path
) -> None:
    import stand_in

    hung = make_point(stand_in.HUNG)
    other = train(0).read_results().results[make_point(0).key]

    class Elsewhere(Recorder):
        def point_started(self, key: str) -> None:
            super().point_started(key)
            Store(tmp_path).add_result(replace(other, key=hung.key, point=canonical_form(hung)))

    watcher = Elsewhere()
    train(stand_in.HUNG, execution=impatient, watcher=watcher)
    assert watcher.events[hung.key] == ["began", "done"]


@pytest.mark.parametrize(("most", "failures"), [(0, 1), (1, 2), (None, 3)])
def test_too_many_failures_stop_the_sweep(train: Train, most: int | None, failures: int) -> None:
    """The third point alone would train for a minute."""
    import stand_in

    seeds = [stand_in.RAISING + 1000 * place for place in range(3)]
    if most is None:
        assert len(train(*seeds).read_results().failures) == failures
        return
    began = monotonic()
    with pytest.raises(TooManyFailures) as stop:
        train(*seeds[:failures], stand_in.SLOW, *seeds[failures:], max_failures=most)
    assert stop.value.failures == failures
    assert monotonic() - began < 30


def test_no_point_is_started_after_a_write_error(
    make_point: MakePoint, train: Train, recorder: Recorder, tmp_path: Path
) -> None:
    import stand_in

    with pytest.raises(WriteError, match="No space left on device"):
        train(stand_in.FULL, stand_in.SLOW, 0, 1)
    assert not Store(tmp_path).read_results().failures
    assert make_point(1).key not in recorder.events


def test_a_point_in_training_elsewhere_is_waited_for(make_point: MakePoint, train: Train, tmp_path: Path) -> None:
    """It is given back without a result after a while, and trained here last."""
    claim = Leases(tmp_path / "claims", 60).acquire(make_point(0).key)
    assert claim
    leased_key, given = make_point(0).key, list[str]()

    class Returning(Recorder):
        def update(self, claims: dict[str, object]) -> None:
            if len(self.events) == 2 and leased_key in claims and leased_key not in given and claim:
                given.append(leased_key)
                claim.release()

    watcher = Returning()
    assert len(train(0, 1, 2, watcher=watcher).read_results().results) == 3
    assert list(watcher.events)[-1] == leased_key
    assert watcher.events[leased_key] == ["began", "done"]


def test_leases_are_not_read_more_often_than_written(
    train: Train, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nor those of points that are not asked for."""
    import stand_in

    other, requested_keys, looks = Leases(tmp_path / "claims", 60).acquire("other"), [], []
    assert other
    states = Leases.states

    def counted(self: Leases, keys: Container[str] | None = None) -> dict[str, LeaseState]:
        requested_keys.append(keys)
        return states(self, keys)

    class Looking(SilentWatcher):
        def update(self, claims: dict[str, LeaseState]) -> None:
            assert "other" not in claims
            looks.append(claims)

    monkeypatch.setattr(pool, "TICK", 0.01)
    monkeypatch.setattr(Leases, "states", counted)
    train(stand_in.SHORT, watcher=Looking(), execution=ExecutionOptions(lease_seconds=6000))
    assert len(requested_keys) == 2  # to hand out the point, and to see how far it is
    assert all(keys is not None for keys in requested_keys)
    assert len(looks) > 10


def test_a_result_of_another_sweep_is_used(
    make_point: MakePoint, train: Train, recorder: Recorder, tmp_path: Path
) -> None:
    train(0)
    recorder.events.clear()
    train(0, 1)
    assert recorder.events[make_point(0).key] == ["done"]
    assert (tmp_path / "0.tries").read_text() == "0\n"


def test_an_interrupt_ends_the_workers(train: Train, tmp_path: Path) -> None:
    import stand_in

    class Interrupting(SilentWatcher):
        def update(self, _: object) -> None:
            while not list(tmp_path.glob("*.worker")):
                sleep(0.02)
            raise KeyboardInterrupt

    began = monotonic()
    with pytest.raises(KeyboardInterrupt):
        train(stand_in.SLOW, 0, watcher=Interrupting())
    [worker] = tmp_path.glob("*.worker")
    assert not (Path("/proc") / worker.stem).exists()
    assert monotonic() - began < 30
    assert not Store(tmp_path).read_results().failures
