"""How long it takes from result files to a table, and from a table to verdicts: `python benchmarks/analysis.py`.

Files are copies of a committed result under other keys and with random bits; tables are planted (`analysis.planted`).
"""

import base64
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar

import numpy as np
import pandas as pd

from scaling_lab.analysis.compare import compare
from scaling_lab.analysis.evidence import evidence
from scaling_lab.analysis.planted import study
from scaling_lab.records import Plan
from scaling_lab.results import Store
from scaling_lab.table import table

COMMITTED = Path(__file__).resolve().parents[1] / "results" / "quick-reference"
RULES = ("compound", "depth", "width", "resolution", "uniform", "fast", "tinynet", "resnet_rs")
BUDGETS = (2.0, 3.0, 4.0, 6.0, 8.0)
SEEDS = 10
T = TypeVar("T")


def main() -> None:
    """Prints seconds of each part."""
    for results, pictures in ((10_000, 2000), (10_000, 10_000)):
        reading(results, pictures)
    for rows, pictures in ((10_000, 2000), (10_000, 10_000), (100_000, 2000)):
        verdicts(rows, pictures)


def reading(results: int, pictures: int) -> None:
    """Result files of so many pictures to a table."""
    with tempfile.TemporaryDirectory() as folder:
        store, plan = Store(Path(folder)), written(Path(folder), results, pictures)
        print(f"{results:,} result files, {pictures:,} test pictures")
        stored = timed("read", store.read)
        if len(stored.results) != results:
            raise ValueError(f"{len(stored.results):,} of {results:,} results were read; broken: {stored.broken[:3]}")
        timed("table", lambda: table(plan, stored))


def written(folder: Path, results: int, pictures: int) -> Plan:
    """Writes the files; a plan whose questions they answer."""
    (folder / "points").mkdir()
    raw = json.loads(next(iter(sorted((COMMITTED / "points").glob("*.json")))).read_text())
    entry = Store(COMMITTED).read_plan().entries[0]
    rng = np.random.default_rng(1905)
    entries = []
    for number in range(results):
        right = rng.random(pictures) < 0.85
        changed = {
            "key": f"{number:016x}",
            "test_pictures": pictures,
            "test_correct": base64.b64encode(np.packbits(right)).decode(),
        }
        whole = raw | changed | {"test_accuracy": float(right.mean())}
        (folder / "points" / f"{number:016x}.json").write_text(json.dumps(whole, indent=1))
        question = replace(entry.question, seed=number % SEEDS, lr_times=1.0 + number // SEEDS)
        entries.append(replace(entry, key=changed["key"], question=question))
    return Plan("benchmark", (), tuple(entries))


def verdicts(rows: int, pictures: int) -> None:
    """A table of about so many rows, eight rules at five budgets in as many families as it takes, to its verdicts."""
    rng = np.random.default_rng(1905)
    truth = {(rule, times): 0.85 + 0.002 * place for place, rule in enumerate(RULES) for times in BUDGETS}
    families = rows // (len(truth) * SEEDS)
    whole = pd.concat([study(truth, SEEDS, pictures, rng, family=f"family {number}") for number in range(families)])
    print(f"{len(whole):,} rows, {pictures:,} test pictures")
    found = timed("evidence", lambda: evidence(whole))
    compared = timed("verdicts", lambda: compare(found))
    pairs = [pair for each in compared for pair in each.pairs]
    print(f"  {len(pairs):,} pairs, {sum(pair.told_apart for pair in pairs):,} told apart")


def timed(what: str, work: Callable[[], T]) -> T:
    """Does it, and prints how long it took."""
    began, used = perf_counter(), process_time()
    found = work()
    print(f"  {what}: {perf_counter() - began:.2f} s, of the processor {process_time() - used:.2f} s", flush=True)
    return found


if __name__ == "__main__":
    main()
