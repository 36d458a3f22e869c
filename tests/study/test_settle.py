"""`do=settle`: rounds of further seeds, without training."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scaling_lab.analysis.settle import share_of_look
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import UserErrors
from scaling_lab.store.bits import pack_bits
from scaling_lab.store.looks import read_looks, record_look
from scaling_lab.store.plan_schema import PlannedVerdicts
from scaling_lab.store.results import Store
from scaling_lab.study import settle as module
from scaling_lab.study.context import SweepContext
from scaling_lab.study.executors.protocol import Outcome
from scaling_lab.study.more_seeds import add_seeds, next_seeds, seeds_by_question
from scaling_lab.study.other_plan import check_stored_plan
from scaling_lab.study.plan import PlannedPoint, Study, plan_study
from scaling_lab.study.run import run_sweep
from scaling_lab.study.schedule import Schedule

ACCURACY = {"width": 0.86, "depth": 0.80, "resolution": 0.86}
IMAGES = 4000


@dataclass
class SyntheticExecutor:
    """Stores results of known accuracy; stops after a number of points."""

    result: Callable[..., Any]
    stops_after: int = 10_000
    seconds: float = 1.0
    trained: int = 0

    def check(self, _sweep: SweepContext) -> None: ...

    def slots(self, _options: SweepOptions, _points: int) -> tuple[str, ...]:
        return ("cpu",)

    def schedule(self, sweep: SweepContext) -> Schedule:
        keys = tuple(sweep.remaining)
        return Schedule(keys, dict.fromkeys(keys, self.seconds), ("cpu",))

    def run(self, sweep: SweepContext, schedule: Schedule) -> Outcome:
        for key in schedule.keys:
            if self.trained == self.stops_after:
                return Outcome.INTERRUPTED
            sweep.store.add_result(self._result(sweep.study.points[key]))
            self.trained += 1
        return Outcome.FINISHED

    def _result(self, planned: PlannedPoint) -> Any:
        rng = np.random.default_rng(int(planned.point.key[:8], 16))
        seed_effect = rng.normal(0, 0.002)
        threshold = np.random.default_rng(0).random(IMAGES)
        bits = threshold + rng.normal(0, 0.02, IMAGES) < ACCURACY[planned.question.rule] + seed_effect
        return replace(
            self.result(planned),
            test_pictures=IMAGES,
            test_correct=pack_bits(list(bits)),
            test_accuracy=float(bits.mean()),
        )


@pytest.fixture
def study(make_spec: Callable[..., Any]) -> Study:
    """Three rules at 1.5x with three seeds."""
    specs = [make_spec(rule=rule, times_flops=1.5, seed=seed) for rule in ACCURACY for seed in range(3)]
    planned = plan_study("s", ("a=1",), specs)
    return replace(planned, plan=replace(planned.plan, verdicts=PlannedVerdicts(delta=0.4)))


@pytest.fixture(autouse=True)
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network is built and no report drawn."""
    monkeypatch.setattr(module, "check_sweep", lambda *_: None)
    monkeypatch.setattr(module, "finish_sweep", lambda sweep: sweep.status)


def options(folder: Path, **settings: Any) -> SweepOptions:
    given = {"delta": 0.4, "max_seeds": 8, "do": "settle"} | settings
    return SweepOptions("s", results=folder / "results", reports=folder / "reports", **given)


def seeds_of(store: Store) -> dict[str, int]:
    return {question.rule: len(seeds) for question, seeds in seeds_by_question(store.read_plan()).items()}


def test_seeds_go_to_open_pairs_and_each_round_is_a_look(study: Study, tmp_path: Path, make_result: Any) -> None:
    executor = SyntheticExecutor(make_result)
    assert run_sweep(options(tmp_path), study, executor) == 0
    store = Store(tmp_path / "results/s")
    seeds = seeds_of(store)
    assert seeds["depth"] <= seeds["width"] == seeds["resolution"]
    assert executor.trained == sum(seeds.values()) > 9
    looks = read_looks(store)
    assert [look.command for look in looks] == ["settle"] * len(looks)
    assert all(look.share for look in looks)
    assert sum(len(look.keys) for look in looks) == executor.trained


def test_plan_prices_settling(
    study: Study, tmp_path: Path, make_result: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("scaling_lab.study.run.check_sweep", lambda *_: None)
    assert run_sweep(options(tmp_path, do="plan"), study, SyntheticExecutor(make_result, seconds=3600.0)) == 0
    printed = capsys.readouterr().out
    assert "3 looks, at 3, 5, 8 seeds" in printed
    assert "15 further points (15" in printed


def test_a_stopped_settle_goes_on(study: Study, tmp_path: Path, make_result: Any) -> None:
    assert run_sweep(options(tmp_path), study, SyntheticExecutor(make_result, stops_after=11)) == 130
    again = SyntheticExecutor(make_result)
    assert run_sweep(options(tmp_path), study, again) == 0
    undisturbed = SyntheticExecutor(make_result)
    assert run_sweep(options(tmp_path / "other"), study, undisturbed) == 0
    stores = [Store(folder / "results/s") for folder in (tmp_path, tmp_path / "other")]
    assert 11 + again.trained == undisturbed.trained
    assert seeds_of(stores[0]) == seeds_of(stores[1])
    assert len({tuple(look.keys for look in read_looks(store)) for store in stores}) == 1


def test_a_finished_study_that_was_looked_at_is_settled(
    study: Study, tmp_path: Path, make_result: Any, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(tmp_path / "results/s")
    store.open_for_writing()
    store.write_plan(study.plan)
    executor = SyntheticExecutor(make_result)
    executor.run(SweepContext.open(options(tmp_path), study), Schedule(tuple(study.points), {}, ()))
    record_look(store, "sweep", study.points)
    assert run_sweep(options(tmp_path), study, executor) == 0
    assert "shown before, 1 time not planned by settle" in caplog.text
    assert seeds_of(store)["width"] == seeds_of(store)["resolution"] == 8
    looks = read_looks(store)
    assert [(look.command, look.share is None) for look in looks] == [
        ("sweep", True),
        ("settle", False),
        ("settle", False),
    ]
    assert [look.share for look in looks[1:]] == [share_of_look((3, 5, 8), 1), share_of_look((3, 5, 8), 2)]


@pytest.mark.parametrize(("rules", "times"), [(("width",), 1.5), (("width", "depth"), 1.0)])
def test_a_study_without_a_pair_is_refused_and_has_no_price(
    rules: tuple[str, ...],
    times: float,
    tmp_path: Path,
    make_result: Any,
    make_spec: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    specs = [make_spec(rule=rule, times_flops=times, seed=seed) for rule in rules for seed in range(3)]
    executor = SyntheticExecutor(make_result)
    with pytest.raises(UserErrors, match="two rules"):
        run_sweep(options(tmp_path), plan_study("s", (), specs), executor)
    monkeypatch.setattr("scaling_lab.study.run.check_sweep", lambda *_: None)
    run_sweep(options(tmp_path, do="plan"), plan_study("s", (), specs), SyntheticExecutor(make_result, seconds=3600.0))
    assert "settle" not in capsys.readouterr().out
    assert executor.trained == 0


def test_another_plan_is_refused(
    study: Study,
    tmp_path: Path,
    make_result: Any,
    make_spec: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    executor = SyntheticExecutor(make_result)
    run_sweep(options(tmp_path), study, executor)
    store = Store(tmp_path / "results/s")
    seeds, trained = seeds_of(store), executor.trained
    specs = [make_spec(rule=rule, times_flops=2, seed=seed) for rule in ("width", "depth") for seed in range(3)]
    monkeypatch.setattr(module, "check_sweep", lambda sweep, _executor: check_stored_plan(sweep))
    with pytest.raises(UserErrors, match="has another plan") as refused:
        run_sweep(options(tmp_path), plan_study("s", ("b=1",), specs), executor)
    assert f"scaling-lab settle {store.folder} --delta 0.4" in str(refused.value)
    assert run_sweep(options(tmp_path), study, executor) == 0
    assert (seeds_of(store), executor.trained) == (seeds, trained)


def test_a_settled_study_trains_nothing_more(study: Study, tmp_path: Path, make_result: Any) -> None:
    run_sweep(options(tmp_path), study, SyntheticExecutor(make_result))
    looks = read_looks(Store(tmp_path / "results/s"))
    again = SyntheticExecutor(make_result)
    assert run_sweep(options(tmp_path), study, again) == 0
    assert (again.trained, read_looks(Store(tmp_path / "results/s"))) == (0, looks)


def test_a_round_that_does_not_fit_is_not_begun(
    study: Study,
    tmp_path: Path,
    make_result: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    executor = SyntheticExecutor(make_result, seconds=600.0)  # the first round takes 1.5 hours
    monkeypatch.setattr(module, "monotonic", lambda: executor.trained * executor.seconds)
    assert run_sweep(options(tmp_path, budget_hours=1), study, executor) == 0
    assert executor.trained == 0
    assert run_sweep(options(tmp_path, budget_hours=1.6), study, executor) == 0
    assert executor.trained == 9
    assert "budget_hours=1.6" in capsys.readouterr().out
    assert max(seeds_of(Store(tmp_path / "results/s")).values()) == 5  # planned


@pytest.mark.parametrize(
    ("settings", "named"), [({"delta": None}, "delta"), ({"max_seeds": 3}, None), ({"max_seeds": 4}, None)]
)
def test_mistakes_come_before_work(
    study: Study, tmp_path: Path, make_result: Any, settings: dict[str, Any], named: str | None
) -> None:
    executor = SyntheticExecutor(make_result)
    if named is None:
        assert run_sweep(options(tmp_path, **settings), study, executor) == 0
        assert max(seeds_of(Store(tmp_path / "results/s")).values()) <= settings["max_seeds"]
    else:
        with pytest.raises(UserErrors, match=named):
            run_sweep(options(tmp_path, **settings), study, executor)
        assert executor.trained == 0


def test_further_seeds_are_the_points_of_a_larger_plan(study: Study, make_spec: Callable[..., Any]) -> None:
    further_seeds = {
        question: [*seeds, 3] for question, seeds in seeds_by_question(study.plan).items() if question.rule == "width"
    }
    more = add_seeds(study, further_seeds)
    (key,) = more.points.keys() - study.points.keys()
    planned = plan_study("s", (), [make_spec(rule="width", times_flops=1.5, seed=3)])
    assert planned.plan.entries[0] == more.plan.entries[-1]
    assert planned.points[key].label == more.points[key].label
    assert add_seeds(more, further_seeds).plan == more.plan
    assert next_seeds({0, 1, 5}, 5) == [6, 7]
    assert next_seeds({0, 1, 5}, 2) == []
