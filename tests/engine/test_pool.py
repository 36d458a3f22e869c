from collections.abc import Callable
from pathlib import Path
from time import sleep

import pytest

from scaling_lab.data.pictures import Pictures
from scaling_lab.engine import pool
from scaling_lab.engine.processes import Failure
from scaling_lab.records import Point, Result
from scaling_lab.results import Store
from scaling_lab.running import Running

MakePoint = Callable[[int], Point]


@pytest.mark.usefixtures("stand_in")
def test_whatever_becomes_of_one_point_is_written_down_and_stops_no_other(
    make_point: MakePoint, pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import stand_in

    monkeypatch.setattr(pool, "train", stand_in.train)
    points = [make_point(seed) for seed in (stand_in.KILLED, 0, stand_in.RAISING, 1, 2)]
    store, told = Store(tmp_path), {}
    store.open_for_writing()
    jobs, running = [(point, pictures) for point in points], Running(checkpoint_minutes=7)
    pool.run(jobs, store, ("cpu", "cpu"), running, lambda key, outcome: told.update({key: outcome}))
    killed, first, raising, second, third = (point.key for point in points)
    stored = store.read()
    assert set(stored.results) == {first, second, third}
    assert set(stored.failures) == {killed, raising}
    assert stored.failures[raising] == "FloatingPointError: loss is nan in epoch 1 (stand_in.py:20)"
    assert isinstance(told[killed], Failure)
    assert isinstance(told[first], Result)
    assert len({result.provenance["pid"] for result in stored.results.values()}) == 3
    assert {(r.provenance["device"], r.provenance["minutes"]) for r in stored.results.values()} == {("cpu", 7)}


@pytest.mark.usefixtures("stand_in")
def test_an_error_in_telling_ends_the_workers(
    make_point: MakePoint, pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import stand_in

    monkeypatch.setattr(pool, "train", stand_in.train)
    store = Store(tmp_path)
    store.open_for_writing()
    jobs = [(make_point(seed), pictures) for seed in (stand_in.SLOW, 0)]

    def interrupted(*_: object) -> None:
        while not list(tmp_path.glob("*.worker")):
            sleep(0.02)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pool.run(jobs, store, ("cpu", "cpu"), Running(), interrupted)
    [worker] = tmp_path.glob("*.worker")
    assert not (Path("/proc") / worker.stem).exists()
