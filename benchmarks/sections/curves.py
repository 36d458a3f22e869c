"""Bands of fitted curves at five places, and how often a fit is called a misfit, for laws of the fitted form."""

import numpy as np

from scaling_lab.analysis.curves.fit import fit_curves
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.synthetic import make_study_table

TITLE = "Along other costs, and along a curve"
STUDIES = 100
PLACES = (0.5, 1.0, 3.0, 16.0, 32.0)
"""FLOPs in times the baseline's at which bands are checked: from half the smallest to twice the largest."""
HEAD = ["law", "images", "seeds", *(f"band at {place:g}x" for place in PLACES), "misfit"]
LAWS = {"0.08 + 0.07 / x^0.5": (0.08, 0.07, 0.5), "0.08 + 0.07 / x^0.25": (0.08, 0.07, 0.25)}
CASES = [(law, images, seeds) for law in LAWS for images in (2000, 10_000) for seeds in (3, 5, 10)]
BUDGETS = (1.0, 2.0, 4.0, 8.0, 16.0)
MISFIT = 0.05


def measure_row(studies: int, rng: np.random.Generator, law: str, images: int, seeds: int) -> list[str]:
    """Return the percentages of studies whose band covers the law at each place, and of misfits with p below 0.05."""
    a, b, c = LAWS[law]
    places = np.array(PLACES)
    truth = 1 - (a + b * places**-c)
    rows = []
    for _ in range(studies):
        table = make_study_table({("a", times): 1 - (a + b * times**-c) for times in BUDGETS}, seeds, images, rng)
        (curve,) = fit_curves(collect_evidence(table))
        low, high = curve.band(1e6 * places)
        rows.append([*((low <= truth) & (truth <= high)), curve.misfit is not None and curve.misfit < MISFIT])
    return [law, f"{images:,}", str(seeds), *(f"{100 * share:.0f}" for share in np.mean(rows, axis=0))]
