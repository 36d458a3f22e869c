"""How long it takes from result files to a table, and from a table to verdicts: `python benchmarks/analysis.py`.

Files are made by `result_files.py`; tables are planted (`analysis.planted`).
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar

import numpy as np
import pandas as pd
from result_files import SEEDS, plan, write

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.store.results import Store
from scaling_lab.store.table import results_table

RULES = ("compound", "depth", "width", "resolution", "uniform", "fast", "tinynet", "resnet_rs")
BUDGETS = (2.0, 3.0, 4.0, 6.0, 8.0)
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
        store, asked = Store(Path(folder)), plan(results)
        write(Path(folder), [entry.key for entry in asked.entries], pictures)
        print(f"{results:,} result files, {pictures:,} test pictures")
        stored = timed("read", store.read)
        if len(stored.results) != results:
            raise ValueError(f"{len(stored.results):,} of {results:,} results were read; broken: {stored.broken[:3]}")
        timed("table", lambda: results_table(asked, stored))


def verdicts(rows: int, pictures: int) -> None:
    """A table of about so many rows, eight rules at five budgets in as many families as it takes, to its verdicts."""
    rng = np.random.default_rng(1905)
    truth = {(rule, times): 0.85 + 0.002 * place for place, rule in enumerate(RULES) for times in BUDGETS}
    families = rows // (len(truth) * SEEDS)
    whole = pd.concat(
        [make_study_table(truth, SEEDS, pictures, rng, family=f"family {number}") for number in range(families)]
    )
    print(f"{len(whole):,} rows, {pictures:,} test pictures")
    found = timed("evidence", lambda: collect_evidence(whole))
    compared = timed("verdicts", lambda: compare_rules(found))
    pairs = [pair for each in compared for pair in each.pairs]
    print(f"  {len(pairs):,} pairs, {sum(pair.is_significant for pair in pairs):,} told apart")


def timed(what: str, work: Callable[[], T]) -> T:
    """Does it, and prints how long it took."""
    began, used = perf_counter(), process_time()
    found = work()
    print(f"  {what}: {perf_counter() - began:.2f} s, of the processor {process_time() - used:.2f} s", flush=True)
    return found


if __name__ == "__main__":
    main()
