"""Coverage of the interval of the true agreement of two rankings, and how often the same true ranking is excluded."""

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.agreement import TAIL, measure_agreements
from scaling_lab.analysis.place_noise import measure_covariance
from scaling_lab.analysis.places import Place
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.agreement import cautious_interval, draw_rankings, pair_signs, share_of_same_signs
from scaling_lab.analysis.stats.contrast import WeightedCells
from scaling_lab.analysis.synthetic import make_cells

TITLE = "Agreement of rankings"
PAGE = "agreement.md"
STUDIES = 100
IMAGES = 2000
HEAD = [
    "rules",
    "spread, points",
    "true rankings",
    "seeds",
    "true share",
    "measured",
    "expected if the same",
    "interval holds it",
    "width",
    "noise drawn once more",
    "same ranking excluded",
]
KINDS = ("same", "same order", "half", "independent", "one leads")
CASES = [
    (rules, spread, kind, seeds)
    for rules, seeds in ((4, 3), (4, 5), (10, 5))
    for spread in (0.5, 2.0)
    for kind in KINDS
]


def measure_row(studies: int, rng: np.random.Generator, rules: int, spread: float, kind: str, seeds: int) -> list[str]:
    """Return mean shares, coverage in percent and mean width, of two budgets with the same test images."""
    values = []
    for _ in range(studies):
        truths = _draw_truths(kind, rules, rng)
        accuracies = {
            f"{place}-{rule}": 0.8 + spread / 100 * truths[place][rule] for place in (0, 1) for rule in range(rules)
        }
        cells = make_cells(accuracies, seeds, IMAGES, rng)
        places = [
            Place("", Setting("", "", "", "", 1.0), float(2 + place), None, _candidates(cells, place, rules))
            for place in (0, 1)
        ]
        (agreement,) = measure_agreements(places)
        count, truth = agreement.every, float(share_of_same_signs(*(pair_signs(effects) for effects in truths)))
        if count.interval is None or count.share is None or count.expected is None or count.p_same is None:
            raise ValueError("an agreement of three rules and seeds has an interval")
        low, high = count.interval
        naive_low, naive_high = _draw_noise_once_more(places)
        holds, naive = low <= truth <= high, naive_low <= truth <= naive_high
        values.append((truth, count.share, count.expected, holds, high - low, naive, count.p_same < TAIL))
    means = np.array(values, dtype=float).mean(axis=0)
    texts = [*(f"{mean:.2f}" for mean in means[:3]), f"{100 * means[3]:.0f}", f"{means[4]:.2f}"]
    return [str(rules), f"{spread:g}", kind, str(seeds), *texts, f"{100 * means[5]:.0f}", f"{100 * means[6]:.0f}"]


def _draw_truths(kind: str, rules: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the true means at both places, in units of the spread."""
    first, other = rng.normal(size=(2, rules))
    if kind == "same order":
        return first, np.sort(other)[first.argsort().argsort()]
    if kind == "one leads":
        lead = 3.0 * (np.arange(rules) == 0)
        return lead + first / 10, lead + other / 10
    return first, {"same": first, "half": 0.7 * first + 0.5**0.5 * other, "independent": other}[kind]


def _candidates(cells: object, place: int, rules: int) -> dict[str, WeightedCells]:
    return {str(rule): [(cells[f"{place}-{rule}"], 1.0)] for rule in range(rules)}


def _draw_noise_once_more(places: list[Place]) -> tuple[float, float]:
    """Return the interval of means drawn around the measured ones alone, a parametric bootstrap."""
    here, there = (list(place.candidates.values()) for place in places)
    means = [np.array([weights[0][0].accuracy.mean() for weights in side]) for side in (here, there)]
    draws = draw_rankings(*means, measure_covariance(here, there, same_images=True))
    return cautious_interval(share_of_same_signs(*(pair_signs(side) for side in draws.around)))
