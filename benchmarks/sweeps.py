"""The overhead of a study besides training: planning, resuming, the sweep's own time, a table of 100,000 results.

`python benchmarks/sweeps.py` prints each number with its target. Whole commands are timed from the shell, as medians of
three where they can be repeated. Results of studies that are not trained are made by `result_files.py`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, TypeVar

import result_files
import yaml
from tables import aligned

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.api.compose import AXES, _parse_axis
from scaling_lab.api.study import plan
from scaling_lab.store.epochs import collect_epochs
from scaling_lab.store.keys import canonical_form, form_key
from scaling_lab.store.results import Store
from scaling_lab.store.runs import read_runs
from scaling_lab.store.snapshot import write_snapshot

ROOT = Path(__file__).resolve().parents[1]
THOUSAND = (
    "family=mobilenet_v1_small,resnet18_small,efficientnet_b0_small,resnet50_small",
    "rule=depth,width,compound,uniform",
    "times_flops=1,1.5,2,2.5,3",
    "seed=range(0,18)",
    "name=thousand",
)  # 1,440 questions; rules that come to one network share its points
TRAINED = ("study=quick", "name=trained")
PICTURES = 2000
RUNS = 3
CACHES = Path("/proc/sys/vm/drop_caches")
Row = list[str]
T = TypeVar("T")


def main() -> None:
    """Print one line per measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000, metavar="N", help="result files of the large table")
    parser.add_argument("--without-training", action="store_true", help="leave out the sweep that trains (ten minutes)")
    options = parser.parse_args()
    parts = [thousand, lambda place: large(place, options.files)] + [trained] * (not options.without_training)
    for part in parts:
        with tempfile.TemporaryDirectory() as folder:
            print("\n".join(aligned([["", "measured", "target"], *part(Path(folder))])), flush=True)


def thousand(folder: Path) -> list[Row]:
    """Time planning a study of a thousand points, and running it again when all are finished."""
    nothing = usual(folder, *THOUSAND, "do=plan")
    plan_only(folder)
    keys = {entry.key for entry in Store(folder / "results/thousand").read_plan().entries}
    forms = [form for form in forms_of(THOUSAND) if form_key(form) in keys]
    result_files.write(folder / "results/thousand", forms, PICTURES)
    finished = usual(folder, *THOUSAND, "do=plan")
    first, second = shell(folder, *THOUSAND), usual(folder, *THOUSAND)
    points = f"{len(keys):,} points"
    return [
        make_row(f"plan {points}, none finished", nothing, 10),
        make_row(f"plan {points}, all finished", finished, 10),
        make_row(f"run over {points} that finished elsewhere: table, report, seal", first),
        make_row(f"run over {points} that are finished", second, 10),
        make_row(f"status of {points}", usual(folder, *THOUSAND, "do=status")),
    ]


def forms_of(words: Sequence[str]) -> list[dict[str, Any]]:
    """Return the canonical forms of the points of a study that these words of a command line describe."""
    given = dict(word.split("=", 1) for word in words)
    axes = {name: _parse_axis(name, given.pop(name)) for name in AXES if name in given}
    settings = {name: yaml.safe_load(value) for name, value in given.items()}
    return [canonical_form(planned.point) for planned in plan(**axes, settings=settings)._study.points.values()]


def plan_only(folder: Path) -> None:
    """Write the plan as a sweep does before it trains; nothing fits into the budget of hours, so nothing is trained."""
    shell(folder, *THOUSAND, "budget_hours=1e-9")


def large(folder: Path, files: int) -> list[Row]:
    """Time making a table from 100,000 result files, and from the snapshot."""
    store, plan = Store(folder), result_files.plan(files)
    result_files.write(folder, result_files.forms(files), PICTURES)
    store.write_plan(plan)
    how = dropped()
    content, unsealed = timed(lambda: read_results_folder(folder))
    rows, epochs = content.table, collect_epochs(content.stored.results)
    if (rows["state"] != "done").any():
        raise ValueError("results were not read")
    _, sealing = timed(lambda: write_snapshot(store, plan, rows, epochs))
    how = dropped()
    again, from_seal = timed(lambda: read_results_folder(folder).table)
    if len(again) != files:
        raise ValueError(f"{len(again)} rows of {files}")
    return [
        make_row(f"table from {files:,} result files, {how}", unsealed, 60),
        make_row("sealing it", sealing),
        make_row(f"table of {files:,} results from the seal, {how}", from_seal, 5),
    ]


def trained(folder: Path) -> list[Row]:
    """Time a sweep that trains, relative to its training time: as the sweep reports it, and by this clock."""
    seconds = shell(folder, *TRAINED)
    store = Store(folder / "results/trained")
    [run], results = read_runs(store), store.read_results().results.values()
    least = sum(result.train_seconds for result in results) / run.workers
    return [
        [f"training seconds of {len(results)} points, over {run.workers} workers", f"{least:.1f} s", ""],
        make_row("the sweep's wall time", run.seconds),
        ["its ratio to that", f"{run.seconds / least:.3f}", "1.1"],
        ["the same of the whole command, with plan, forecast and report", f"{seconds / least:.3f}", ""],
    ]


def usual(folder: Path, *overrides: str) -> float:
    """Return the median of some repeatable runs."""
    return median(shell(folder, *overrides) for _ in range(RUNS))


def shell(folder: Path, *overrides: str) -> float:
    """Return the seconds of `run_sweep.py` with these arguments. Raises CalledProcessError with its output."""
    began = perf_counter()
    places = (f"results={folder / 'results'}", f"reports={folder / 'reports'}")
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(ROOT / "run_sweep.py"), *overrides, *places], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        done.check_returncode()
    return perf_counter() - began


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return the value of a call, and its seconds."""
    began = perf_counter()
    value = work()
    return value, perf_counter() - began


def dropped() -> str:
    """Empty the system's file caches and return `cold`, or `warm` if that is not allowed."""
    os.sync()
    try:
        CACHES.write_text("3")
    except OSError:
        return "warm"
    return "cold"


def make_row(what: str, seconds: float, target: float | None = None) -> Row:
    """Return a line with seconds."""
    return [what, f"{seconds:.1f} s", f"{target:g} s" if target else ""]


if __name__ == "__main__":
    main()
