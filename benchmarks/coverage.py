"""Coverage of intervals and error rates of verdicts on synthetic studies with known truth.

Print the tables of docs/statistics.md as Markdown, each under its heading there, by default all (15 minutes on two
cores). Each table is a module of `benchmarks/sections`.

Examples:
    python benchmarks/coverage.py
    python benchmarks/coverage.py --section floor --studies 200
"""

import argparse
import os
import sys
from collections.abc import Iterable
from importlib import import_module
from multiprocessing import Pool
from pathlib import Path
from pkgutil import iter_modules
from time import perf_counter
from types import ModuleType
from zlib import crc32

FOLDER = Path(__file__).parent


def main() -> None:
    """Print the tables."""
    os.environ["OMP_NUM_THREADS"] = "1"  # one process per core; read when a section imports numpy
    sys.path.insert(0, str(FOLDER))
    modules = {name: import_module(f"sections.{name}") for _, name, _ in iter_modules([str(FOLDER / "sections")])}
    sections = {name: module for name, module in modules.items() if hasattr(module, "TITLE")}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--section", choices=sections, action="append", help="only this table; may be repeated")
    parser.add_argument("--studies", type=int, help="studies per row (default: as in docs/statistics.md)")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="default: one per core")
    options = parser.parse_args()
    began = perf_counter()
    with Pool(options.processes) as pool:
        for name in options.section or sections:
            section, start = sections[name], perf_counter()
            studies = options.studies or section.STUDIES
            print(f"## {section.TITLE}\n\n{name}: {studies:,} studies per row.\n")
            tasks = [(name, studies, place) for place in range(len(section.CASES))]
            print_table(section.HEAD, pool.imap(measure_row, tasks))
            print(f"{perf_counter() - start:.0f} s\n", flush=True)
    print(f"{perf_counter() - began:.0f} s in all")


def measure_row(task: tuple[str, int, int]) -> list[str]:
    """Return a row of a section's table; a row is the same whichever others are measured."""
    import numpy as np

    name, studies, place = task
    section: ModuleType = import_module(f"sections.{name}")
    rng = np.random.default_rng([crc32(name.encode()), place])
    row: list[str] = section.measure_row(studies, rng, *section.CASES[place])
    return row


def print_table(head: list[str], rows: Iterable[list[str]]) -> None:
    """Print a Markdown table row by row."""
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}", flush=True)
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)
    print()


if __name__ == "__main__":
    main()
