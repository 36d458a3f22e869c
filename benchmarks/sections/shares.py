"""What is read off accepted surfaces over the shares, for truths that are quadratic and for others."""

from collections.abc import Callable

import numpy as np

from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.shares.networks import MeasuredNetwork
from scaling_lab.analysis.shares.surface import ShareSurface
from scaling_lab.analysis.shares.triangle import KNOWN_SHARES, make_lattice
from scaling_lab.analysis.synthetic import make_cells
from scaling_lab.networks.scaling.multipliers import ShareValues

TITLE = "Accuracy over the shares"
STUDIES = 100
SEEDS, IMAGES, DRAWS = 5, 4000, 1000
HEAD = ["truth", "networks", "accepted", "region holds the best", "all rules' intervals hold", "without the test"]
TEN = (
    *((1, 0, 0), (0, 1, 0), (0, 0, 1), (0.31, 0.27, 0.42), (0.34, 0.34, 0.32), (0.15, 0.85, 0), (0.61, 0, 0.39)),
    *((0.55, 0.45, 0), (0.48, 0, 0.52), (0, 0.45, 0.55)),
)
"""Shares that ten rules obtain at 4x, about as in `resnet_tiny`."""
NETWORKS = {"7": (*TEN[:4], *TEN[7:]), "10": TEN}


def _bowl(fall: float) -> Callable[[ShareValues], float]:
    """Return a quadratic truth that is best at 0.3/0.3/0.4 and falls to the corners by `fall` at most."""

    def height(shares: ShareValues) -> float:
        d, r = shares[0] - 0.3, shares[2] - 0.4
        return 0.88 - fall * (d * d + r * r + d * r) / 0.39

    return height


def _saturating(gain: float, rates: ShareValues) -> Callable[[ShareValues], float]:
    """Return an additive truth in which each dimension saturates."""
    weights = (0.5, 0.8, 1.0)

    def height(shares: ShareValues) -> float:
        terms = zip(weights, shares, rates, strict=True)
        return 0.8 + gain * sum(weight * (1 - float(np.exp(-rate * share))) for weight, share, rate in terms)

    return height


def _peak(shares: ShareValues) -> float:
    squares = sum((share - best) ** 2 for share, best in zip(shares, (0.3, 0.3, 0.4), strict=True))
    return 0.84 + 0.04 * float(np.exp(-squares / 0.045))


TRUTHS: dict[str, Callable[[ShareValues], float]] = {
    "quadratic, falls 2 points": _bowl(0.02),
    "quadratic, falls 6 points": _bowl(0.06),
    "additive, saturates slowly": _saturating(0.025, (2, 2, 2)),
    "additive, saturates fast": _saturating(0.06, (4, 3, 5)),
    "a narrow peak": _peak,
    "flat": lambda _: 0.87,
}
CASES = [(truth, number) for truth in TRUTHS for number in NETWORKS]


def measure_row(studies: int, rng: np.random.Generator, truth: str, number: str) -> list[str]:
    """Return the percentages of accepted surfaces and, among these, of true regions and of true sets of intervals.

    The last column has the sets of intervals as they would be if no surface were rejected.
    """
    rows = [measure_study(TRUTHS[truth], NETWORKS[number], rng) for _ in range(studies)]
    accepted = [row for row in rows if row[0]]
    shares = [f"{100 * np.mean([row[i] for row in accepted]):.1f}" if accepted else "-" for i in (1, 2)]
    untested = f"{100 * np.mean([row[2] for row in rows]):.1f}"
    return [truth, number, f"{100 * len(accepted) / studies:.0f}", *shares, untested]


def measure_study(
    height: Callable[[ShareValues], float], networks: tuple[ShareValues, ...], rng: np.random.Generator
) -> tuple[bool, bool, bool]:
    """Return whether a surface is accepted, its region holds the best point, and all intervals hold their truth."""
    cells = make_cells({str(place): height(own) for place, own in enumerate(networks)}, SEEDS, IMAGES, rng)
    measured = tuple(MeasuredNetwork((rule,), own, cells[rule]) for rule, own in zip(cells, networks, strict=True))
    surface = ShareSurface(Setting("f", "d", "r", "fitted", 1.0), 4.0, measured, None, DRAWS)
    lattice = [(float(d), float(1 - d - r), float(r)) for d, r in make_lattice(20)]
    best = max(lattice, key=height)
    region = surface.make_region()
    intervals = [
        (height(KNOWN_SHARES[standing.rule].values) - height(best), standing.interval)
        for standing in surface.compare_rules(region)
    ]
    holds = all(low <= value <= high + 1e-9 for value, (low, high) in intervals)
    return surface.is_accepted, region.contains(np.array([best[0], best[2]])), holds
