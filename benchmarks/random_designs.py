"""Time of scaling and counting B0 for new random designs, and of fvcore for a sample of the same designs.

`benchmarks/cost.py` prints the section; `python benchmarks/random_designs.py` is the part that needs torch.
"""

import json
import subprocess
import sys
from random import Random
from statistics import mean, median
from time import perf_counter

import subjects
from counters import load_fvcore

from scaling_lab.networks.costs.cost import clear_cost_cache, network_cost
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import PAPER
from scaling_lab.networks.scaling.scale import scale

DESIGNS = 10_000
BY_FVCORE = 10
SEED = 1905
PASSES = 3


def designs() -> list[Multipliers]:
    """Return depths and widths of 0.5 to 3 and resolutions of 0.5 to 2, uniform and the same in every run."""
    dice = Random(SEED)  # noqa: S311
    return [Multipliers(dice.uniform(0.5, 3), dice.uniform(0.5, 3), dice.uniform(0.5, 2)) for _ in range(DESIGNS)]


def sample() -> list[Multipliers]:
    """Return the designs that fvcore counts too."""
    return Random(SEED).sample(designs(), BY_FVCORE)  # noqa: S311


def scaled(by: Multipliers) -> Network:
    """Return B0 scaled to a design."""
    return scale(subjects.family("efficientnet_b0"), by, PAPER)


def by_lab() -> tuple[float, float, list[int]]:
    """Return seconds per design: for scaling and counting, and for counting alone; and multiply-adds."""
    baseline, all_designs = subjects.family("efficientnet_b0"), designs()
    both, alone = [], []
    for _ in range(PASSES):
        clear_cost_cache()
        began = perf_counter()
        for by in all_designs:
            network_cost(scale(baseline, by, PAPER))
        both.append(perf_counter() - began)
        made = [scale(baseline, by, PAPER) for by in all_designs]
        clear_cost_cache()
        began = perf_counter()
        counts = [network_cost(network).flops for network in made]
        alone.append(perf_counter() - began)
    return median(both) / DESIGNS, median(alone) / DESIGNS, counts


def by_fvcore() -> list[tuple[float, bool]]:
    """Return the seconds to build and count each design of the sample, and whether fvcore's total equals the lab's."""
    count = load_fvcore()
    warm = subjects.family("efficientnet_b0")
    count(subjects.module(warm), warm)
    timings = []
    for by in sample():
        network = scaled(by)
        began = perf_counter()
        total = count(subjects.module(network), network)
        timings.append((perf_counter() - began, total == network_cost(network).flops_fvcore))
    return timings


def section() -> list[str]:
    """Return the lines on both, with targets."""
    both, alone, counts = by_lab()
    ran = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=True)  # noqa: S603
    timings = json.loads(ran.stdout.splitlines()[-1])
    slow = mean(seconds for seconds, _ in timings)
    same = sum(agrees for _, agrees in timings)
    of_sample = mean(network_cost(scaled(by)).flops for by in sample())
    return [
        f"{DESIGNS:,} random designs of efficientnet_b0, none seen before (median of {PASSES} passes)",
        f"  scale and count   {1e6 * both:,.0f} µs a design (aimed at: 100)",
        f"  count alone       {1e6 * alone:,.0f} µs a design",
        f"  fvcore            {slow:.2f} s a design, building and counting {BY_FVCORE} of them",
        f"  fvcore / lab      {slow / both:,.0f} (aimed at: 5,000)",
        f"  fvcore's total is the lab's for {same} of {BY_FVCORE}",
        f"  multiply-adds     {of_sample / 1e9:.2f} B on average for these, {mean(counts) / 1e9:.2f} B for all designs",
    ]


if __name__ == "__main__":
    print(json.dumps(by_fvcore()))
