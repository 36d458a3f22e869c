"""Train finished points of a study again, through a sweep of them alone, and judge whether the results come out."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.analysis.reproduction import (
    DIFFERING,
    FAILED,
    Measurement,
    Reproduction,
    judge_reproduction,
)
from scaling_lab.analysis.seed_spread import SeedSpread, estimate_seed_spread
from scaling_lab.config.cores import usable_cores
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.sweep_options import EXTEND, SweepOptions
from scaling_lab.errors import UserError
from scaling_lab.formatting import format_duration, pluralize
from scaling_lab.store.plan_schema import Plan
from scaling_lab.store.results import Store
from scaling_lab.store.schema import Result
from scaling_lab.study.context import SweepContext
from scaling_lab.study.display.plan_table import show_schedule
from scaling_lab.study.executors.devices import CPU, resolve_devices
from scaling_lab.study.executors.local import Local
from scaling_lab.study.executors.protocol import Outcome
from scaling_lab.study.open_folders import open_folders
from scaling_lab.study.point_command import point_command
from scaling_lab.study.preflight import check_sweep
from scaling_lab.study.recorded_points import RecordedPoint, choose_rows
from scaling_lab.study.recorded_study import plan_recorded_points


@dataclass(frozen=True)
class ReproduceOptions:
    """Which points are trained again, and how.

    Attributes:
        sample: Number of points.
        seed: Seed of the random choice.
        point: Key of the only point, or beginning of it; None chooses at random.
        cheapest: Choose the points that took the shortest time instead.
        dataset: Settings of the datasets that replace those of the plan, such as {"path": "cifar10.tar.gz"}.
        into: Folder in which results are kept, so that an interrupted command resumes; None is a temporary one.
        device: As in a sweep; None is the CPU if the results are from one, else "auto".
        workers: Training processes; None as in a sweep.
    """

    sample: int = 5
    seed: int = 0
    point: str | None = None
    cheapest: bool = False
    dataset: Mapping[str, Any] = field(default_factory=dict)
    into: Path | None = None
    device: str | None = None
    workers: int | None = None


@dataclass(frozen=True, eq=False)
class Selection:
    """Points of a study that are to be trained again.

    Attributes:
        plan: Plan of the study.
        points: The points.
        noises: How the seeds of each network differ, by key.
        finished: Number of finished points of the study.
    """

    plan: Plan
    points: tuple[RecordedPoint, ...]
    noises: Mapping[str, SeedSpread]
    finished: int

    def command(self, recorded: RecordedPoint) -> str:
        """Return the command that trains a point alone."""
        return point_command(self.plan, recorded.entry, recorded.row)


def select_points(results: Path, options: ReproduceOptions) -> Selection:
    """Return the points that the options choose. Nothing is trained, and no images are read.

    Raises:
        UserError: No such folder, no plan in it, no such point, or a sample below 1.
    """
    folder = read_results_folder(results, mixed_devices=True)
    rows = choose_rows(folder.table, options.sample, options.seed, options.point, options.cheapest)
    plan = folder.store.read_plan()
    entries = {entry.key: entry for entry in reversed(plan.entries)}
    points = (
        RecordedPoint(entries[row["key"]], _without_missing(row), folder.store.read_result(row["key"]), plan.families)
        for row in rows.to_dict("records")
    )
    return Selection(plan, tuple(points), estimate_seed_spread(folder.table), len(folder.finished))


def reproduce_points(results: Path, selection: Selection, options: ReproduceOptions) -> list[Reproduction]:
    """Train points again and judge them; prints the forecast and the progress.

    Raises:
        UserError: A dataset or a point is not what it was, or a mistake in the options; before anything is trained.
        KeyboardInterrupt: The user stopped the training.
    """
    study = plan_recorded_points(selection.plan, selection.points, options.dataset)
    with _folder(options.into) as parent:
        target = (parent / study.plan.study).resolve()
        if results.resolve() in (target, *target.parents):
            raise UserError(f"--into {parent} is where the results of {results} are; name another folder")
        sweep = SweepContext.open(_sweep_options(selection, options, parent), study)
        executor = _executor(selection, str(sweep.options.device))
        check_sweep(sweep, executor)
        open_folders(sweep)
        recorded_seconds = sum(float(point.row["point_seconds"]) for point in selection.points)
        print(f"{pluralize(len(selection.points), 'point')}, trained in {format_duration(recorded_seconds)} then")
        schedule = executor.schedule(sweep)
        show_schedule(schedule, None)
        if executor.run(sweep, schedule) is Outcome.INTERRUPTED:
            print(_resume_hint(options.into))
            raise KeyboardInterrupt
        return [_judge(selection, recorded, sweep.store) for recorded in selection.points]


def _sweep_options(selection: Selection, options: ReproduceOptions, parent: Path) -> SweepOptions:
    devices = {str(point.row.get("device", "cpu")) for point in selection.points}
    compiled = all(point.row.get("compiled") is True for point in selection.points)
    return SweepOptions(
        name=selection.plan.study,
        device=options.device or ("cpu" if devices == {"cpu"} else "auto"),
        workers=options.workers,
        execution=ExecutionOptions(deterministic=True, compiled=compiled, log="none"),
        on_other_plan=EXTEND,
        results=parent,
        reports=parent,
    )


def _executor(selection: Selection, device: str) -> Local:
    """Return an executor with the processes per point of the results, if all had as many and this machine has them."""
    numbers = {int(point.row.get("processes", 1)) for point in selection.points}
    processes = numbers.pop() if len(numbers) == 1 else 1
    if processes == 1:
        return Local()
    devices = resolve_devices(device)
    on_cpu = devices == (CPU,)
    if processes > (usable_cores() if on_cpu else len(devices)):
        return Local()
    synchronized = not on_cpu and all(point.row.get("sync_batch_norm") is True for point in selection.points)
    return Local(processes_per_point=processes, sync_batch_norm=synchronized)


def _resume_hint(into: Path | None) -> str:
    if into is None:
        return "nothing was kept; with --into FOLDER the same command resumes"
    return "run the same command again to resume"


@contextmanager
def _folder(into: Path | None) -> Iterator[Path]:
    """Context manager: yield the folder for the results, a temporary one if none is given."""
    if into is not None:
        yield into
        return
    with tempfile.TemporaryDirectory(prefix="scaling-lab-reproduce.") as folder:
        yield Path(folder)


def _judge(selection: Selection, recorded: RecordedPoint, store: Store) -> Reproduction:
    key, row, command = recorded.entry.key, recorded.row, selection.command(recorded)
    then = _measured(recorded.result) if recorded.result else _measured_in(row)
    result = store.read_result(key)
    if result is None:
        reason = store.read_failure(key, store.failure_count(key)) or "no result"
        return Reproduction(row, then, None, FAILED, reason, command=command)
    points = len(selection.points)
    return judge_reproduction(row, then, _measured(result), selection.noises.get(key), points, command)


def _measured(result: Result) -> Measurement:
    return Measurement(
        test_accuracy=result.test_accuracy,
        test_correct=result.test_correct,
        test_pictures=result.test_pictures,
        held_out_accuracy=result.held_out_accuracy,
        losses=result.train_loss,
        provenance=result.provenance,
    )


def _measured_in(row: Mapping[str, Any]) -> Measurement:
    """Return what the table has of a result."""
    return Measurement(
        test_accuracy=float(row["test_accuracy"]),
        test_correct=str(row["test_correct"]),
        test_pictures=int(row["test_pictures"]),
        held_out_accuracy=float(row["held_out_accuracy"]),
        losses=(float(row["train_loss"]),),
        provenance={name: row[name] for name in (*DIFFERING, "commit") if name in row},
    )


def _without_missing(row: Mapping[Any, Any]) -> dict[str, Any]:
    import pandas as pd

    return {str(name): value for name, value in row.items() if not pd.isna(value)}
