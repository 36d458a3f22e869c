"""scaling_lab.sweep.run with a pool that does not train, for which the questions of this folder serve."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import scaling_lab.report
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import UserError
from scaling_lab.networks.costs.cost import cost
from scaling_lab.store.results import Store, WriteError
from scaling_lab.store.schema import Point, Result
from scaling_lab.store.snapshot import read_snapshot
from scaling_lab.sweep.executors import pool, step_timing
from scaling_lab.sweep.executors.one_point import train_one
from scaling_lab.sweep.executors.pool import TooManyFailures, Watcher
from scaling_lab.sweep.plan import QuestionSpec
from scaling_lab.sweep.run import run_sweep

MakeSpec = Callable[..., QuestionSpec]
MakeResult = Callable[..., Result]


class Pool:
    """Trains nothing: a seed of 13 fails until it is mended, one of 14 is the user's Ctrl-C, one of 15 a full disk."""

    def __init__(self, make_result: MakeResult) -> None:
        self.make_result, self.mended, self.trained = make_result, False, list[int]()

    def run(
        self,
        jobs: Sequence[tuple[Point, object]],
        store: Store,
        _slots: object,
        _running: object,
        watcher: Watcher,
        most: int | None,
    ) -> None:
        failures = 0
        for point, _ in jobs:
            watcher.began(point.key)
            self.trained.append(point.seed)
            if point.seed == 14:
                raise KeyboardInterrupt
            if point.seed == 13 and not self.mended:
                store.add_failure(point.key, "no luck")
                watcher.fails(point.key, "no luck")
                failures += 1
                if most is not None and failures > most:
                    raise TooManyFailures(failures)
            elif point.seed == 15:
                raise WriteError("points/x.json cannot be written: No space left on device")
            else:
                store.add_result(self.make_result(point))
                watcher.done(point.key, self.make_result(point))


@pytest.fixture
def trainer(make_result: MakeResult, monkeypatch: pytest.MonkeyPatch) -> Pool:
    made = Pool(make_result)
    monkeypatch.setattr(pool, "train_points", made.run)
    monkeypatch.setattr(step_timing, "time_steps", lambda points, *_: [1e-11 * cost(p.network).flops for p in points])
    monkeypatch.setattr(scaling_lab.report, "write_report", lambda _, report: report / "index.html")
    return made


def wanted(folder: Path, **others: object) -> SweepOptions:
    return SweepOptions("s", results=folder / "results", reports=folder / "reports", **others)


@pytest.mark.usefixtures("trainer")
def test_a_failed_point_stops_no_other_and_the_status_tells(
    make_ask: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asks = [make_ask(seed=seed) for seed in (0, 13, 1)]
    assert run_sweep(wanted(tmp_path), (), asks) == 1
    said = capsys.readouterr().out
    assert "mobilenet_v1_small baseline seed 13: FAILED no luck; 1 left" in said
    assert "s: 3 questions, 3 points: 2 done, 1 failed, 0 missing" in said
    assert "report: " in said
    table = (tmp_path / "results/s/table.csv").read_text().splitlines()
    assert [",failed," in line for line in table[1:]] == [False, True, False]


def test_what_failed_is_tried_again_and_the_rest_is_not(make_ask: MakeSpec, tmp_path: Path, trainer: Pool) -> None:
    asks = [make_ask(seed=seed) for seed in (0, 13)]
    assert run_sweep(wanted(tmp_path), (), asks) == 1
    trainer.mended, trainer.trained = True, []
    assert run_sweep(wanted(tmp_path), (), asks) == 0
    assert trainer.trained == [13]
    assert run_sweep(wanted(tmp_path), (), asks) == 0
    assert trainer.trained == [13]


@pytest.mark.usefixtures("trainer")
def test_an_interrupt_says_how_to_go_on(make_ask: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sweep(wanted(tmp_path), (), [make_ask(seed=seed) for seed in (0, 14)]) == 130
    said = capsys.readouterr().out.splitlines()[-1]
    assert said == "stopped; s: 2 questions, 2 points: 1 done, 0 failed, 1 missing; the same command goes on from here"


@pytest.mark.usefixtures("trainer")
def test_too_many_failures_end_a_sweep_with_what_there_is(
    make_ask: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asks = [make_ask(times_flops=times, seed=seed) for times, seed in ((4, 0), (3, 13), (2, 1))]
    assert run_sweep(wanted(tmp_path, max_failures=0), (), asks) == 1
    said = capsys.readouterr().out
    assert "stopped after 1 failure (max_failures=0)" in said
    assert "s: 3 questions, 3 points: 1 done, 1 failed, 1 missing" in said
    assert "report: " in said


@pytest.mark.usefixtures("trainer")
def test_a_full_disk_is_told_by_name_and_the_rest_is_there(make_ask: MakeSpec, tmp_path: Path) -> None:
    asks = [make_ask(times_flops=times, seed=seed) for times, seed in ((3, 0), (2, 15))]
    with pytest.raises(WriteError, match=r"points/x\.json cannot be written: No space left on device"):
        run_sweep(wanted(tmp_path), (), asks)
    assert len(Store(tmp_path / "results/s").read_results().results) == 1


@pytest.mark.parametrize("do", ["plan", "status"])
def test_looking_writes_nothing(do: str, make_ask: MakeSpec, tmp_path: Path, trainer: Pool) -> None:
    assert run_sweep(wanted(tmp_path, do=do), (), [make_ask()]) == 0
    assert trainer.trained == []
    assert list(tmp_path.iterdir()) == []


def test_the_longest_point_comes_first(make_ask: MakeSpec, tmp_path: Path, trainer: Pool) -> None:
    asks = [make_ask(times_flops=1, seed=1), make_ask(times_flops=3, seed=3), make_ask(times_flops=2, seed=2)]
    assert run_sweep(wanted(tmp_path), (), asks) == 0
    assert trainer.trained == [3, 2, 1]


@pytest.mark.usefixtures("trainer")
def test_a_plan_that_takes_anothers_place_is_told(
    make_ask: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_sweep(wanted(tmp_path), (), [make_ask(seed=0), make_ask(seed=1)])
    run_sweep(wanted(tmp_path), (), [make_ask(seed=0), make_ask(seed=1), make_ask(seed=2)])
    assert "held another plan" not in capsys.readouterr().out
    run_sweep(wanted(tmp_path), (), [make_ask(seed=1)])
    assert "held another plan, of 3 questions; this one takes its place" in capsys.readouterr().out
    assert len(Store(tmp_path / "results/s").read_results().results) == 3


def test_another_launcher_is_given_the_questions_that_are_left(
    make_ask: MakeSpec, tmp_path: Path, trainer: Pool
) -> None:
    asks = [make_ask(rule="width", seed=0), make_ask(rule="depth", seed=0), make_ask(seed=1)]
    run_sweep(wanted(tmp_path), (), asks[2:])
    given = []
    assert run_sweep(wanted(tmp_path), (), asks, elsewhere=given.extend) == 1
    assert given == [asks[0].question]
    assert trainer.trained == [1]


def test_one_point_in_this_process(
    make_ask: MakeSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(point: Point, *_: object) -> None:
        raise MemoryError(f"{point.seed}\nbytes")

    monkeypatch.setattr("scaling_lab.training.train_point.train_point", fails)
    store = Store(tmp_path / "results/s")
    train_one(wanted(tmp_path), make_ask(seed=7))
    [why] = store.read_results().failures.values()
    assert why.startswith("MemoryError: 7 bytes (test_run.py:")
    assert f"seed 7: FAILED {why}" in capsys.readouterr().out


@pytest.mark.parametrize("do", ["plan", "status"])
def test_a_launcher_of_hydras_own_is_asked_to_train_and_nothing_else(
    do: str, make_ask: MakeSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaling_lab.training.train_point.train_point", lambda *_: pytest.fail("trained"))
    with pytest.raises(UserError, match=f"do={do} goes with the sweeper `plan`"):
        train_one(replace(wanted(tmp_path), do=do), make_ask())
    assert not (tmp_path / "results").exists()


@pytest.mark.usefixtures("trainer")
def test_one_version_is_refused_beside_another_before_training(make_ask: MakeSpec, tmp_path: Path) -> None:
    run_sweep(wanted(tmp_path), (), [make_ask(seed=0)])
    again = replace(wanted(tmp_path), same_version=True)
    with pytest.raises(UserError, match=r"same_version=true.* 1 result of another version of the code"):
        run_sweep(again, (), [make_ask(seed=0), make_ask(seed=1)])
    assert len(Store(tmp_path / "results/s").read_results().results) == 1


@pytest.mark.usefixtures("trainer")
def test_a_finished_study_is_sealed(make_ask: MakeSpec, tmp_path: Path) -> None:
    run_sweep(wanted(tmp_path), (), [make_ask(seed=0)])
    store = Store(tmp_path / "results/s")
    whole = read_snapshot(store)
    assert whole
    shutil.rmtree(store.points)
    assert run_sweep(replace(wanted(tmp_path), workers=1), (), [make_ask(seed=0)]) == 0
    assert not store.read_results().results


def test_folders_that_cannot_be_written_to_are_told_before_training(
    make_ask: MakeSpec, tmp_path: Path, trainer: Pool
) -> None:
    (tmp_path / "reports").touch()
    with pytest.raises(UserError, match=r"reports folder .*reports/s cannot be written to: Not a directory"):
        run_sweep(wanted(tmp_path), (), [make_ask()])
    assert trainer.trained == []
