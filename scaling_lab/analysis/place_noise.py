"""The noise of the mean accuracies of the same rules at two places."""

from collections.abc import Iterable, Sequence

import numpy as np

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.stats.agreement import MIN_RULES
from scaling_lab.analysis.stats.contrast import MIN_SEEDS, WeightedCells
from scaling_lab.analysis.stats.noise import measure_image_covariance, smooth_seed_variances


def explain_no_interval(*places: Sequence[WeightedCells]) -> str:
    """Return the reason why the noise at two places is unknown, as a clause; empty if it is known."""
    if len(places[0]) < MIN_RULES:
        return f"an interval needs {MIN_RULES} rules"
    if any(len(cell.seeds) < MIN_SEEDS for place in places for cell in list_cells(place)):
        return f"an interval needs {MIN_SEEDS} seeds of each network"
    if not all(smooth_seed_variances(list_cells(place)).all() for place in places):
        return "all seeds of a place answer alike"
    return ""


def measure_covariance(here: Sequence[WeightedCells], there: Sequence[WeightedCells], same_images: bool) -> FloatArray:
    """Return the covariance of the means' noise at both places: seeds on their own, test images jointly."""
    by_place = list_cells(here), list_cells(there)
    cells = list(dict.fromkeys((*by_place[0], *by_place[1])))
    variances: dict[Cell, float] = {}
    for members in by_place:
        sizes = np.array([len(cell.seeds) for cell in members])
        variances |= dict(zip(members, smooth_seed_variances(members) / sizes, strict=True))
    covariance = np.diag([variances[cell] for cell in cells])
    for members in [cells] if same_images else by_place:
        places = [cells.index(cell) for cell in members]
        covariance[np.ix_(places, places)] += measure_image_covariance(members)
    weights = np.zeros((len(here) + len(there), len(cells)))
    for row, candidate in enumerate((*here, *there)):
        for cell, weight in candidate:
            weights[row, cells.index(cell)] += weight
    result: FloatArray = weights @ covariance @ weights.T
    return result


def list_cells(candidates: Iterable[WeightedCells]) -> list[Cell]:
    """Return every network of the candidates once."""
    return list(dict.fromkeys(cell for weights in candidates for cell, _ in weights))


def count_images(candidates: Sequence[WeightedCells]) -> set[int | None]:
    """Return the numbers of test images of the candidates' networks."""
    return {cell.test_images for cell in list_cells(candidates)}
