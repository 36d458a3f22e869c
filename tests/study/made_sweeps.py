"""Sweeps whose executor makes results without training."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.store.plan_schema import Plan
from scaling_lab.store.results import Store
from scaling_lab.store.schema import Result
from scaling_lab.study.context import SweepContext
from scaling_lab.study.executors.protocol import Outcome
from scaling_lab.study.plan import plan_study
from scaling_lab.study.resolve_question import QuestionSpec
from scaling_lab.study.run import run_sweep
from scaling_lab.study.schedule import Schedule, make_schedule

MakeSpec = Callable[..., QuestionSpec]


@dataclass(frozen=True)
class Maker:
    """An executor that makes results. before_end: called when it is done."""

    make_result: Callable[..., Result]
    before_end: Callable[[], object] = lambda: None
    trained: list[str] = field(default_factory=list)

    def check(self, sweep: SweepContext) -> None:
        assert sweep.plan.study == "s"

    def slots(self, *_: object) -> tuple[str, ...]:
        return ("cpu",)

    def schedule(self, sweep: SweepContext) -> Schedule:
        return make_schedule(sweep, list(sweep.remaining), {}, ("cpu",))

    def run(self, sweep: SweepContext, schedule: Schedule) -> Outcome:
        for key in schedule.keys:
            sweep.store.add_result(self.make_result(sweep.study.points[key]))
            self.trained.append(sweep.study.points[key].label)
        self.before_end()
        return Outcome.FINISHED


@pytest.fixture
def executor(make_result: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> Maker:
    monkeypatch.setattr("scaling_lab.report.write_report", lambda _, report, *__, **___: report / "index.html")
    monkeypatch.setattr("scaling_lab.study.executors.build_check.find_unbuildable", lambda *_: {})
    return Maker(make_result)


def options(folder: Path, **others: object) -> SweepOptions:
    return SweepOptions("s", results=folder / "results", reports=folder / "reports", **others)


def overrides_of(specs: Sequence[QuestionSpec]) -> tuple[str, ...]:
    return (
        f"rule={','.join(dict.fromkeys(s.question.rule for s in specs))}",
        f"seed={','.join(str(s.question.seed) for s in specs)}",
    )


def sweep(executor: Maker, options: SweepOptions, specs: Sequence[QuestionSpec], *more: str) -> list[str]:
    """Run a sweep and return what it trained."""
    before = len(executor.trained)
    run_sweep(options, plan_study("s", (*overrides_of(specs), *more), specs), executor)
    return executor.trained[before:]


def plan_of(folder: Path) -> Plan:
    return Store(folder / "results/s").read_plan()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
