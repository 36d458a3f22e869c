"""A network at its best learning rate, tested in two ways: with the seeds that chose the rate, and cross-fitted.

If all seeds choose the rate and are tested at it, the best of several noisy means is chosen, and its test accuracy is
too high: held-out and test images are different, but the trainings are the same. Cross-fitting has no such bias: each
seed is tested at the rate with the best mean of the *other* seeds on the held-out images. But then the seeds share
their choices, and their mean varies more than their spread shows. So a verdict has to hold in both ways.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.rule_pairs import ALL_PAIRS, RulePair, compare_pairs
from scaling_lab.analysis.stats.contrast import WeightedCells, select_seeds
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.verdict_options import VerdictOptions


@dataclass(frozen=True, eq=False)
class TunedCell:
    """A network at its best learning rate.

    Attributes:
        best: Best rate by the held-out images of all seeds, in times the recipe's.
        at_best: All seeds at this rate.
        cross_fitted: Each seed at the rate that the other seeds chose; with one seed, as `at_best`.
        by_seed: These rates.
    """

    best: float
    at_best: Cell
    cross_fitted: Cell
    by_seed: Mapping[int, float]


@dataclass(frozen=True, eq=False)
class TunedWeights:
    """A rule as weighted networks at their best learning rates, tested in both ways."""

    at_best: WeightedCells
    cross_fitted: WeightedCells


def tune(cells: Mapping[float, Cell]) -> TunedCell | None:
    """Return a network at its best learning rate.

    Args:
        cells: The network by factor of the recipe's learning rate, rising. Seeds that were not trained at all rates
            are left out.

    Returns:
        The tuned network; None if the rates share no seed.
    """
    shared = tuple(sorted(set.intersection(*(set(cell.seeds) for cell in cells.values())))) if cells else ()
    if not shared:
        return None
    factors = list(cells)
    selected = [select_seeds(cell, shared) for cell in cells.values()]
    held_out = np.stack([cell.held_out_accuracy for cell in selected])
    best = int(held_out.mean(axis=1).argmax())
    others = held_out.sum(axis=1, keepdims=True) - held_out
    chosen = [int(place) for place in others.argmax(axis=0)] if len(shared) > 1 else [best]
    waiting = frozenset[str]().union(*(cell.waiting for cell in cells.values()))
    return TunedCell(
        best=factors[best],
        at_best=replace(selected[best], waiting=waiting),
        cross_fitted=replace(_select_each([selected[place] for place in chosen]), waiting=waiting),
        by_seed={seed: factors[place] for seed, place in zip(shared, chosen, strict=True)},
    )


def compare_tuned(
    tuned: Mapping[str, TunedWeights], options: VerdictOptions = ALL_PAIRS, looks: tuple[Look, ...] = ()
) -> tuple[RulePair, ...]:
    """Compare every pair of rules, each at its best learning rate.

    Differences are cross-fitted. Standard errors and p values are the larger ones of the two ways to test; p is 1 where
    the ways have different winners.
    """
    pairs, _ = compare_pairs({rule: weights.cross_fitted for rule, weights in tuned.items()}, options, looks)
    others, _ = compare_pairs({rule: weights.at_best for rule, weights in tuned.items()}, options, looks)
    by_rules = {frozenset((pair.first, pair.second)): pair for pair in others}
    return tuple(_merge(pair, by_rules[frozenset((pair.first, pair.second))]) for pair in pairs)


def _merge(pair: RulePair, other: RulePair) -> RulePair:
    if pair.estimate is None or other.estimate is None:
        return replace(pair, estimate=None, p=None, p_alike=None, required_seeds=None)
    wider = max(pair.estimate, other.estimate, key=lambda estimate: estimate.standard_error)
    return replace(
        pair,
        estimate=replace(wider, value=pair.estimate.value),
        p=_larger(pair.p, other.p) if pair.first == other.first else None if pair.p is None else 1.0,
        p_alike=_larger(pair.p_alike, other.p_alike),
    )


def _larger(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else max(a, b)


def _select_each(cells: list[Cell]) -> Cell:
    """Return a network whose first seed is that of the first cell, and so on; all cells have the same seeds."""
    scores = [cell.scores[place] for place, cell in enumerate(cells) if cell.scores is not None]
    return replace(
        cells[0],
        keys=tuple(cell.keys[place] for place, cell in enumerate(cells)),
        packed=np.stack([cell.packed[place] for place, cell in enumerate(cells)]),
        held_out_accuracy=np.array([cell.held_out_accuracy[place] for place, cell in enumerate(cells)]),
        scores=np.array(scores) if scores else None,
    )
