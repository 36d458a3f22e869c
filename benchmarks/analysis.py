"""Time from result files to a table, and from a table to verdicts: `python benchmarks/analysis.py`.

Result files are made by `result_files.py`, tables by `scaling_lab.analysis.synthetic`.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar

import numpy as np
import pandas as pd
from result_files import SEEDS, forms, plan, write

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.store.results import Store
from scaling_lab.store.table import results_table

RULES = ("compound", "depth", "width", "resolution", "uniform", "fast", "tinynet", "resnet_rs")
BUDGETS = (2.0, 3.0, 4.0, 6.0, 8.0)
T = TypeVar("T")


def main() -> None:
    """Print the seconds of each step."""
    for results, images in ((10_000, 2000), (10_000, 10_000)):
        time_reading(results, images)
    for rows, images in ((10_000, 2000), (10_000, 10_000), (100_000, 2000)):
        time_verdicts(rows, images)


def time_reading(results: int, images: int) -> None:
    """Time the reading of result files with the given number of test images, and the making of their table."""
    with tempfile.TemporaryDirectory() as folder:
        store, requested = Store(Path(folder)), plan(results)
        write(Path(folder), forms(results), images)
        print(f"{results:,} result files, {images:,} test images")
        stored = measure_time("read", store.read_results)
        if len(stored.results) != results:
            raise ValueError(
                f"{len(stored.results):,} of {results:,} results were read; broken: {list(stored.broken)[:3]}"
            )
        measure_time("table", lambda: results_table(requested, stored))


def time_verdicts(rows: int, images: int) -> None:
    """Time the verdicts of a table with about the given number of rows: eight rules at five budgets, many families."""
    rng = np.random.default_rng(1905)
    truth = {(rule, times): 0.85 + 0.002 * place for place, rule in enumerate(RULES) for times in BUDGETS}
    families = rows // (len(truth) * SEEDS)
    table = pd.concat(
        [make_study_table(truth, SEEDS, images, rng, family=f"family {number}") for number in range(families)]
    )
    print(f"{len(table):,} rows, {images:,} test images")
    evidence = measure_time("evidence", lambda: collect_evidence(table))
    comparisons = measure_time("verdicts", lambda: compare_rules(evidence))
    pairs = [pair for comparison in comparisons for pair in comparison.pairs]
    print(f"  {len(pairs):,} pairs, {sum(pair.is_significant for pair in pairs):,} significant")


def measure_time(step: str, function: Callable[[], T]) -> T:
    """Call a function, print its duration and return its result."""
    began, used = perf_counter(), process_time()
    result = function()
    print(f"  {step}: {perf_counter() - began:.2f} s, CPU {process_time() - used:.2f} s", flush=True)
    return result


if __name__ == "__main__":
    main()
