"""`run_sweep` with an executor that does not train, and the questions of this folder."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

import scaling_lab.report
from scaling_lab.cli import main
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import UserError
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.store.results import Store, WriteError
from scaling_lab.store.schema import Point, Result
from scaling_lab.store.snapshot import read_snapshot
from scaling_lab.study.context import SweepContext
from scaling_lab.study.executors import pool, step_timing
from scaling_lab.study.executors.local import Local
from scaling_lab.study.executors.pool import TooManyFailures, Watcher
from scaling_lab.study.executors.protocol import Outcome
from scaling_lab.study.plan import plan_study
from scaling_lab.study.resolve_question import QuestionSpec
from scaling_lab.study.run import run_sweep
from scaling_lab.study.schedule import Schedule, make_schedule

MakeSpec = Callable[..., QuestionSpec]
MakeResult = Callable[..., Result]


class Trainer:
    """Stands in for the pool. Seed 13 fails until it is mended, 14 is the user's Ctrl-C, 15 a full disk."""

    def __init__(self, make_result: MakeResult) -> None:
        self.make_result, self.mended, self.trained = make_result, False, list[int]()

    def train_points(
        self,
        jobs: Sequence[tuple[Point, object]],
        store: Store,
        _slots: object,
        _execution: object,
        watcher: Watcher,
        max_failures: int | None,
    ) -> None:
        failures = 0
        for point, _ in jobs:
            watcher.point_started(point.key)
            self.trained.append(point.seed)
            if point.seed == 14:
                raise KeyboardInterrupt
            if point.seed == 13 and not self.mended:
                store.add_failure(point.key, "no luck")
                watcher.point_failed(point.key, "no luck")
                failures += 1
                if max_failures is not None and failures > max_failures:
                    raise TooManyFailures(failures)
            elif point.seed == 15:
                raise WriteError("points/x.json cannot be written: No space left on device")
            else:
                store.add_result(self.make_result(point))
                watcher.point_finished(point.key, self.make_result(point))


@pytest.fixture
def trainer(make_result: MakeResult, monkeypatch: pytest.MonkeyPatch) -> Trainer:
    trainer = Trainer(make_result)
    monkeypatch.setattr(pool, "train_points", trainer.train_points)
    monkeypatch.setattr(
        step_timing, "time_steps", lambda points, *_: [1e-11 * network_cost(p.network).flops for p in points]
    )
    monkeypatch.setattr(scaling_lab.report, "write_report", lambda _, report, *__, **___: report / "index.html")
    return trainer


def options(folder: Path, **others: object) -> SweepOptions:
    return SweepOptions("s", results=folder / "results", reports=folder / "reports", **others)


def sweep(options: SweepOptions, specs: Sequence[QuestionSpec]) -> int:
    return run_sweep(options, plan_study(options.name, (), specs, options.above_native), Local())


@pytest.mark.usefixtures("trainer")
def test_a_failed_point_stops_no_other_and_the_status_shows_it(
    make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs = [make_spec(seed=seed) for seed in (0, 13, 1)]
    assert sweep(options(tmp_path), specs) == 1
    output = capsys.readouterr().out
    assert "mobilenet_v1_small baseline seed 13: FAILED no luck; 1 remaining" in output
    assert "s: 3 questions, 3 points: 2 done, 1 failed, 0 missing" in output
    assert "report: " in output
    table = (tmp_path / "results/s/table.csv").read_text().splitlines()
    assert [",failed," in line for line in table[1:]] == [False, True, False]


def test_failed_points_are_tried_again_and_the_rest_is_not(
    make_spec: MakeSpec, tmp_path: Path, trainer: Trainer
) -> None:
    specs = [make_spec(seed=seed) for seed in (0, 13)]
    assert sweep(options(tmp_path), specs) == 1
    trainer.mended, trainer.trained = True, []
    assert sweep(options(tmp_path), specs) == 0
    assert trainer.trained == [13]
    assert sweep(options(tmp_path), specs) == 0
    assert trainer.trained == [13]


@pytest.mark.usefixtures("trainer")
def test_an_interrupt_shows_how_to_resume(
    make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep(options(tmp_path), [make_spec(seed=seed) for seed in (0, 14)]) == 130
    stopped, hint = capsys.readouterr().out.splitlines()[-2:]
    assert stopped.startswith("stopped; s: 2 questions, 2 points: 1 done, 0 failed, 1 missing")
    assert "same command" in hint


@pytest.mark.usefixtures("trainer")
def test_too_many_failures_end_a_sweep_with_a_report(
    make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs = [make_spec(times_flops=times, seed=seed) for times, seed in ((4, 0), (3, 13), (2, 1))]
    assert sweep(options(tmp_path, max_failures=0), specs) == 1
    output = capsys.readouterr().out
    assert "stopped after 1 failure (max_failures=0)" in output
    assert "s: 3 questions, 3 points: 1 done, 1 failed, 1 missing" in output
    assert "report: " in output


@pytest.mark.usefixtures("trainer")
def test_a_full_disk_is_reported_and_earlier_results_stay(make_spec: MakeSpec, tmp_path: Path) -> None:
    specs = [make_spec(times_flops=times, seed=seed) for times, seed in ((3, 0), (2, 15))]
    with pytest.raises(WriteError, match=r"points/x\.json.*No space left on device"):
        sweep(options(tmp_path), specs)
    assert len(Store(tmp_path / "results/s").read_results().results) == 1


def test_plan_and_status_write_nothing(make_spec: MakeSpec, tmp_path: Path, trainer: Trainer) -> None:
    assert sweep(options(tmp_path, do="plan"), [make_spec()]) == 0
    with pytest.raises(UserError, match="no results folder"):
        sweep(options(tmp_path, do="status"), [make_spec()])
    assert trainer.trained == []
    assert list(tmp_path.iterdir()) == []


def test_the_longest_point_comes_first(make_spec: MakeSpec, tmp_path: Path, trainer: Trainer) -> None:
    specs = [make_spec(times_flops=1, seed=1), make_spec(times_flops=3, seed=3), make_spec(times_flops=2, seed=2)]
    assert sweep(options(tmp_path), specs) == 0
    assert trainer.trained == [3, 2, 1]


@dataclass(frozen=True)
class Recording:
    """An executor that submits, with nothing but the protocol's methods."""

    scheduled: list[str] = field(default_factory=list)
    problem: str = ""

    def check(self, sweep: SweepContext) -> None:
        assert sweep.options.name == "s"
        if self.problem:
            raise UserError(self.problem)

    def slots(self, options: SweepOptions, points: int) -> tuple[str, ...]:
        return ("cpu",) * max(1, min(points, options.workers or 1))

    def schedule(self, sweep: SweepContext) -> Schedule:
        return make_schedule(sweep, sweep.status.remaining, {}, self.slots(sweep.options, 1))

    def run(self, sweep: SweepContext, schedule: Schedule) -> Outcome:
        self.scheduled.extend(sweep.study.points[key].question.rule for key in schedule.keys)
        return Outcome.SUBMITTED


def test_another_executor_gets_the_remaining_points(
    make_spec: MakeSpec, tmp_path: Path, trainer: Trainer, capsys: pytest.CaptureFixture[str]
) -> None:
    specs = [make_spec(rule="width", seed=0), make_spec(rule="depth", seed=0), make_spec(seed=1)]
    sweep(options(tmp_path), specs[2:])
    capsys.readouterr()
    executor, study = Recording(), plan_study("s", (), specs)
    assert run_sweep(options(tmp_path, do="plan"), study, executor) == 0
    assert executor.scheduled == []
    assert run_sweep(options(tmp_path), study, executor) == 0
    assert executor.scheduled == ["width"]
    assert trainer.trained == [1]
    assert "report: " not in capsys.readouterr().out


def test_mistakes_of_the_executor_are_reported_with_the_others(make_spec: MakeSpec, tmp_path: Path) -> None:
    (tmp_path / "reports").touch()
    with pytest.raises(UserError) as caught:
        run_sweep(options(tmp_path), plan_study("s", (), [make_spec()]), Recording(problem="no cluster"))
    assert "no cluster" in str(caught.value)
    assert "reports folder" in str(caught.value)
    assert not (tmp_path / "results").exists()


@pytest.mark.usefixtures("trainer")
def test_same_version_refuses_results_of_another_before_training(make_spec: MakeSpec, tmp_path: Path) -> None:
    sweep(options(tmp_path), [make_spec(seed=0)])
    again = replace(options(tmp_path), same_version=True)
    with pytest.raises(UserError, match=r"same_version=true.* 1 result"):
        sweep(again, [make_spec(seed=0), make_spec(seed=1)])
    assert len(Store(tmp_path / "results/s").read_results().results) == 1


@pytest.mark.usefixtures("trainer")
def test_a_finished_study_has_a_snapshot(make_spec: MakeSpec, tmp_path: Path) -> None:
    sweep(options(tmp_path), [make_spec(seed=0)])
    store = Store(tmp_path / "results/s")
    assert read_snapshot(store)
    assert main(["seal", str(store.folder), "--remove-results"]) == 0
    assert sweep(replace(options(tmp_path), workers=1), [make_spec(seed=0)]) == 0
    assert not store.read_results().results


def test_a_deleted_result_is_trained_again(make_spec: MakeSpec, tmp_path: Path, trainer: Trainer) -> None:
    sweep(options(tmp_path), [make_spec(seed=0)])
    store = Store(tmp_path / "results/s")
    shutil.rmtree(store.points)
    assert sweep(options(tmp_path), [make_spec(seed=0)]) == 0
    assert len(store.read_results().results) == 1
    assert len(trainer.trained) == 2
    assert read_snapshot(store)


def test_folders_that_are_not_writable_are_reported_before_training(
    make_spec: MakeSpec, tmp_path: Path, trainer: Trainer
) -> None:
    (tmp_path / "reports").touch()
    with pytest.raises(UserError, match=r"reports folder .*reports/s .*Not a directory"):
        sweep(options(tmp_path), [make_spec()])
    assert trainer.trained == []


def test_an_audit_is_no_sweep(make_spec: MakeSpec, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="do=audit"):
        sweep(options(tmp_path, do="audit"), [make_spec()])
