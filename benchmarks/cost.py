"""Time, memory and results of counting multiply-adds, by this lab and seven other counters: `make benchmark-cost`.

Every counter counts every network in a separate process. `--markdown` adds the table of docs/costs.md.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from textwrap import fill
from typing import Any

import grids
import random_designs
import subjects
from counters import LAB, REPEATS, TOOLS
from differences import count_elements, find_additions
from tables import aligned, megabytes, seconds

COUNTER = Path(__file__).with_name("counters.py")
NOT_INSTALLED = "not installed: make benchmark-cost installs it"
COLD, WARM = f"{LAB}, empty memo", f"{LAB}, again"
FRESH_PROCESSES = 5
AIMED_AT = {"B0": 500, "B7": 1_500}
COLD_B7_MS = 2
WIDTH = 120
ABOUT = (
    "ResNet-50 and EfficientNet-B0 at 224 px, B7 at 600 px; one picture, evaluation mode; no gradients are "
    "kept but where it is said, as in fvcore's documentation.",
    f'Time: of one count, after imports and after building the module. "{COLD}": the first count of a fresh process, '
    f"median of {FRESH_PROCESSES} processes. All others: median of {REPEATS} after one warm-up in the same process, a "
    f"new module for each. {LAB} counts in one thread and imports no torch, the others use THREADS, torch's default. "
    "FlopCounterMode runs on the meta device and is halved, because it counts 2 for a multiply-add; the others run on "
    "the CPU.",
    "Memory: how far the first count raises the peak above what is held after imports and building.",
)


@dataclass(frozen=True)
class Row:
    """The measurements of one counter for each network, or the reason why there are none."""

    name: str
    tool: str
    measurements: dict[str, dict[str, Any]]
    failure: str = ""

    def cells(self, key: str, show: Any) -> list[str]:
        return [show(measurement[key]) for measurement in self.measurements.values()]


class CountError(Exception):
    """A counter is not installed or fails."""


def main() -> None:
    """Prints times, memory and counts, the differences, the ratios and the random designs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="print the table as markdown too")
    markdown = parser.parse_args().markdown
    load = f"Load average at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; other work slows counting."
    rows = [*by_lab(), *(by_tool(tool) for tool in TOOLS if tool != LAB)]
    measured = [measurement for row in rows[2:] for measurement in row.measurements.values()]
    threads = " or ".join(sorted({f"{measurement['threads']} threads" for measurement in measured})) or "the threads"
    print(*(fill(line.replace("THREADS", threads), WIDTH) for line in (*ABOUT, load)), sep="\n", end="\n\n")
    for lines in (times(rows), counts(rows), explained(rows), ratios(rows), random_designs.section(), grids.section()):
        print(*lines, sep="\n", end="\n\n")
    if markdown:
        print(*as_markdown(rows), sep="\n")


def counted(tool: str, network: str) -> dict[str, Any]:
    """Return what a fresh process measured. Raises CountError with the reason if it failed."""
    command = [sys.executable, str(COUNTER), tool, network]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if ran.returncode:
        raise CountError((ran.stderr.splitlines() or [f"exit status {ran.returncode}"])[-1])
    measurement: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    if "lacks" in measurement:
        raise CountError(NOT_INSTALLED)
    return measurement


def by_tool(tool: str) -> Row:
    """Return the row of a tool."""
    print(f"counting with {tool}", file=sys.stderr)
    try:
        return Row(tool, tool, {network: counted(tool, network) for network in subjects.networks()})
    except CountError as error:
        return Row(tool, tool, {}, str(error))


def by_lab() -> tuple[Row, Row]:
    """Return the lab's first count in a fresh process, and its later counts."""
    print(f"counting with {LAB}", file=sys.stderr)
    runs = {network: [counted(LAB, network) for _ in range(FRESH_PROCESSES)] for network in subjects.networks()}
    middle = {
        network: of[0] | {key: median(run[key] for run in of) for key in ("first", "median", "grew")}
        for network, of in runs.items()
    }
    warm = Row(WARM, LAB, middle)
    cold = replace(
        warm,
        name=COLD,
        measurements={name: measurement | {"median": measurement["first"]} for name, measurement in middle.items()},
    )
    return cold, warm


def times(rows: list[Row]) -> list[str]:
    """Return the lines on seconds and memory, and a last line on building the module."""
    names = list(subjects.networks())
    head = ["counter", "version", *(f"time {name}" for name in names), *(f"memory {name}" for name in names)]
    lines = [
        [row.name, row.failure]
        if row.failure
        else [row.name, row.cells("version", str)[0], *row.cells("median", seconds), *row.cells("grew", megabytes)]
        for row in rows
    ]
    built = [
        [row.measurements[name]["build"] for row in rows if row.measurements and TOOLS[row.tool].device == "cpu"]
        for name in names
    ]
    medians = [seconds(median(builds)) if builds else "" for builds in built]
    lines.append(["building the module, besides", "", *medians, *[""] * len(names)])
    return aligned([head, *lines])


def counts(rows: list[Row]) -> list[str]:
    """Return the lines on multiply-adds."""
    lines = [[row.name, row.failure] if row.failure else [row.name, *row.cells("count", "{:,}".format)] for row in rows]
    return aligned([["counter", *(f"multiply-adds {name}" for name in subjects.networks())], *lines])


def explained(rows: list[Row]) -> list[str]:
    """Return each tool's difference from the lab's count, as a sum over elements of the network."""
    lines = [f"what each adds to the multiply-adds of convolutions and linear layers, which are what {LAB} counts"]
    for row in rows:
        if row.tool == LAB or row.failure:
            continue
        lines.append(fill(f"{row.name}: {find_additions(row.tool).describe()}", WIDTH))
        for name, network in subjects.networks().items():
            difference = row.measurements[name]["count"] - rows[0].measurements[name]["count"]
            explanation = f"  {name:9} {find_additions(row.tool).explain(count_elements(network), difference)}"
            lines.append(fill(explanation, WIDTH, subsequent_indent=" " * 12))
    return lines


def ratios(rows: list[Row]) -> list[str]:
    """Return the speed relative to fvcore and the time of the first B7 count, each with its target."""
    cold = rows[0].measurements
    lines = [
        f"{row.name} / {COLD}, {name}: "
        f"{row.measurements[name]['median'] / cold[name]['median']:,.0f} (aimed at: {target:,})"
        for row in rows
        if row.tool.startswith("fvcore") and row.measurements
        for name, target in AIMED_AT.items()
    ]
    return [*lines, f"{COLD}, B7: {1e3 * cold['B7']['median']:.2f} ms (aimed at: {COLD_B7_MS})"]


def as_markdown(rows: list[Row]) -> list[str]:
    """Return the table of docs/costs.md: time, memory, count, and what each tool adds."""
    names = list(subjects.networks())
    numbers = [*(f"time {name}" for name in names), "memory B7", *(f"count {name}" for name in names)]
    head = ["counter", *numbers, "why it differs"]
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * len(numbers) + "|---|"]
    for row in rows:
        if row.failure:
            cells = [*[""] * len(numbers), row.failure]
        else:
            memory = row.cells("grew", megabytes)[-1]
            reason = "convolutions and linear layers" if row.tool == LAB else find_additions(row.tool).describe()
            cells = [*row.cells("median", seconds), memory, *row.cells("count", "{:,}".format), reason]
        lines.append("| " + " | ".join([row.name, *cells]) + " |")
    return lines


if __name__ == "__main__":
    main()
