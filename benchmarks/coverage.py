"""Coverage of intervals and error rates of verdicts on synthetic studies with known truth.

Print the tables of docs/statistics.md and of other pages as Markdown, each under its heading there, by default all (20
minutes on two cores). Each table is a module of `benchmarks/sections`. `--write` also puts the tables into the pages.

Examples:
    python benchmarks/coverage.py
    python benchmarks/coverage.py --section floor --studies 200
    python benchmarks/coverage.py --write
"""

import argparse
import os
import re
import sys
from collections.abc import Iterable
from importlib import import_module
from itertools import chain
from multiprocessing import Pool
from pathlib import Path
from pkgutil import iter_modules
from time import perf_counter
from types import ModuleType
from zlib import crc32

FOLDER = Path(__file__).parent
DOCS = FOLDER.parent / "docs"
TABLE = re.compile(r"(?:^\|.*\n)+(?:\n[\d,]+ studies per row: .*\n)?", re.MULTILINE)


def main() -> None:
    """Print the tables."""
    os.environ["OMP_NUM_THREADS"] = "1"  # one process per core; read when a section imports numpy
    sys.path.insert(0, str(FOLDER))
    sections = load_sections()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--section", choices=sections, action="append", help="only this table; may be repeated")
    parser.add_argument("--studies", type=int, help="studies per row (default: as in the pages)")
    parser.add_argument("--rows", type=int, help="only the first rows of each table")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="default: one per core")
    parser.add_argument("--write", action="store_true", help="replace the tables of the pages in docs")
    options = parser.parse_args()
    began = perf_counter()
    with Pool(options.processes) as pool:
        for name in options.section or sections:
            section, start = sections[name], perf_counter()
            studies = options.studies or section.STUDIES
            print(f"## {section.TITLE}\n", flush=True)
            tasks = [(name, studies, place) for place in range(len(section.CASES[: options.rows]))]
            lines = print_table(section.HEAD, pool.imap(measure_row, tasks))
            lines += ["", f"{studies:,} studies per row: `python benchmarks/coverage.py --section {name}`."]
            print("\n".join(lines[-2:]))
            if options.write:
                page = find_page(section)
                page.write_text(replace_table(page.read_text(), section.TITLE, lines))
            print(f"\n{perf_counter() - start:.0f} s\n", flush=True)
    print(f"{perf_counter() - began:.0f} s in all")


def load_sections() -> dict[str, ModuleType]:
    """Return the modules with tables by name. The folder of this file must be on the path."""
    modules = {name: import_module(f"sections.{name}") for _, name, _ in iter_modules([str(FOLDER / "sections")])}
    return {name: module for name, module in modules.items() if hasattr(module, "TITLE")}


def find_page(section: ModuleType) -> Path:
    """Return the page that has the table of a section."""
    return DOCS / getattr(section, "PAGE", "statistics.md")


def measure_row(task: tuple[str, int, int]) -> list[str]:
    """Return a row of a section's table; a row is the same whichever others are measured."""
    import numpy as np

    name, studies, place = task
    section: ModuleType = import_module(f"sections.{name}")
    rng = np.random.default_rng([crc32(name.encode()), place])
    row: list[str] = section.measure_row(studies, rng, *section.CASES[place])
    return row


def print_table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    """Print a Markdown table row by row, and return its lines."""
    lines = []
    for row in chain([head, ["---"] * len(head)], rows):
        lines.append(f"| {' | '.join(row)} |")
        print(lines[-1], flush=True)
    return lines


def replace_table(page: str, title: str, lines: list[str]) -> str:
    """Return a page with a table, and the sentence below it, in place of those under a heading, if any.

    Raises:
        ValueError: There is no such heading.
    """
    heading = re.compile(rf"^## {re.escape(title)}$", re.MULTILINE).search(page)
    if heading is None:
        raise ValueError(f"the page has no heading {title!r}")
    end = page.find("\n## ", heading.end())
    end = len(page) if end < 0 else end
    if table := TABLE.search(page, heading.end(), end):
        return page[: table.start()] + "\n".join(lines) + "\n" + page[table.end() :]
    return page[:end] + "\n".join(["", *lines, ""]) + page[end:]


if __name__ == "__main__":
    main()
