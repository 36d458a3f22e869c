"""Time of a million designs on a grid, of fitting, and of activation memory, in a separate process.

`benchmarks/cost.py` prints the section; `python benchmarks/grids.py` is what the process runs.
"""

import json
import subprocess
import sys
from statistics import median
from time import perf_counter

from peak_memory import lowered_peak, peak
from subjects import family

from scaling_lab.config import registry
from scaling_lab.networks.costs.cost import clear_cost_cache
from scaling_lab.networks.costs.memory import peak_memory
from scaling_lab.networks.scaling.fit import fit_network
from scaling_lab.networks.scaling.grid import cost_grid
from scaling_lab.networks.scaling.multipliers import Multipliers

SIDE = 100
REPEATS = 5
BUDGETS = (0.25, 0.5, 2, 4, 10)


def a_million() -> tuple[float, float]:
    """Return seconds and megabytes of the first grid of 100 depths, widths and sides of B0."""
    by = [0.5 + 2.5 * i / (SIDE - 1) for i in range(SIDE)]
    baseline = family("efficientnet_b0")
    cost_grid(baseline, by[:2], by[:2], by[:2])
    clear_cost_cache()
    before = lowered_peak()
    began = perf_counter()
    cost_grid(baseline, by, by, by)
    return perf_counter() - began, (peak() - before) / 1024


def fits() -> tuple[list[float], int]:
    """Return the seconds of each fit of every rule to some budgets, for families of every size, nothing memoized.

    The second value is the number of fits refused because the rule has no network for the budget.
    """
    took, refused = [], 0
    for name in ("mobilenet_v3_large", "resnet50", "efficientnet_b0", "efficientnet_b7"):
        for rule in (
            registry.build_value("rule", registry.read_yaml("rule", rule)) for rule in registry.list_names("rule")
        ):
            for times in BUDGETS if not isinstance(rule, Multipliers) else ():
                clear_cost_cache()
                began = perf_counter()
                try:
                    fit_network(family(name), rule, times)
                except ValueError:
                    refused += 1
                    continue
                took.append(perf_counter() - began)
    return sorted(took), refused


def memories(name: str) -> tuple[float, float]:
    """Return the seconds of the first count of activation memory and the median of later ones."""
    network, took = family(name), []
    for _ in range(1 + REPEATS):
        began = perf_counter()
        peak_memory(network)
        took.append(perf_counter() - began)
    return took[0], median(took[1:])


def section() -> list[str]:
    """Return the lines on each, with targets."""
    ran = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=True)  # noqa: S603
    results = json.loads(ran.stdout)
    (seconds, megabytes), (took, refused) = results["grid"], results["fits"]
    lines = [
        f"{SIDE**3:,} designs of B0 on a grid: {seconds:.2f} s, {megabytes:.0f} MB (aimed at: 5 s, 200 MB)",
        f"{len(took)} fits from an empty memo, {refused} more refused: median {1e3 * median(took):.0f} ms, "
        f"longest {1e3 * took[-1]:.0f} ms (aimed at: 50 ms)",
    ]
    for name, (first, again) in results["memory"].items():
        lines.append(f"activation memory of {name}: {1e3 * first:.1f} ms at first, {1e3 * again:.2f} ms again")
    return lines


if __name__ == "__main__":
    names = ("efficientnet_b0", "efficientnet_b7", "resnet50")
    print(json.dumps({"grid": a_million(), "fits": fits(), "memory": {name: memories(name) for name in names}}))
