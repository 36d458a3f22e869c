"""Test every pair of rules: difference in accuracy, interval, p values adjusted for all pairs, seeds needed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.metrics import ACCURACY, Metric
from scaling_lab.analysis.pair_tests import SeedNoise, measure_seed_noise, run_at_looks, subtract
from scaling_lab.analysis.stats.contrast import (
    ALPHA,
    Estimate,
    WeightedCells,
    estimate_contrast,
    main_cells,
    weighted_accuracy,
    weighted_sum,
)
from scaling_lab.analysis.stats.holm import AdjustedTests, adjust_p_values
from scaling_lab.analysis.stats.looks import Look, LookedAt, list_looks
from scaling_lab.analysis.stats.power import RequiredSeeds, estimate_required_seeds
from scaling_lab.analysis.stats.seed_correlation import SeedCorrelation
from scaling_lab.analysis.verdict_options import VerdictOptions

ALL_PAIRS = VerdictOptions()


@dataclass(frozen=True)
class RulePair(AdjustedTests):
    """Two rules at equal cost. Accuracies and differences are 0 to 1.

    Attributes:
        first: The rule with the higher mean.
        second: The other rule.
        difference: Mean of the first less that of the second.
        seeds: Number of seeds of each rule's own network.
        spread: Range of the accuracies over the seeds of one rule, the larger of the two; None if neither has two
            seeds.
        estimate: The difference with its uncertainty; None with fewer than three seeds each, or if all seeds agree.
        p: Two-sided p value, adjusted by Holm's method; None without a verdict.
        improvement: Probability that a seed of the first is better than one of the second, ties counted half.
        is_same_network: Whether both rules led to the same network.
        required_seeds: Numbers of seeds that would decide; None without a delta, and with a verdict.
        delta: Smallest difference that matters; None if not given.
        p_alike: p value of the hypothesis that the rules differ by delta or more, from two one-sided tests, adjusted by
            Holm's method for all pairs; None without a delta, and without a verdict.
        is_planned: Whether the pair is to be tested; without planned contrasts all are.
        looks: Number of looks at its data, the present one included; p values are corrected for them.
        look_part: Part of the error rate that the present look spends.
        is_interim: Whether planned points of the pair are not finished.
        metric: The measurement that is compared; differences are those of its scores.
    """

    first: str
    second: str
    difference: float
    seeds: tuple[int, int]
    spread: float | None
    estimate: Estimate | None
    p: float | None
    improvement: float
    is_same_network: bool
    required_seeds: RequiredSeeds | None = None
    delta: float | None = None
    p_alike: float | None = None
    is_planned: bool = True
    looks: int = 1
    look_part: float = 1.0
    is_interim: bool = False
    metric: Metric = ACCURACY


def compare_pairs(
    candidates: Mapping[str, WeightedCells],
    options: VerdictOptions = ALL_PAIRS,
    looks: Iterable[Look] = (),
    with_unplanned: bool = True,
) -> tuple[tuple[RulePair, ...], SeedCorrelation | None]:
    """Compare every pair of rules, each a weighted sum of networks.

    Rules that led to the same network count once in the tests, under the name of the first. For each of the others
    there is one further pair with `is_same_network`.

    Args:
        candidates: Weighted networks by rule.
        options: Which pairs are tested, and which difference matters.
        looks: Earlier looks at the verdicts of the study, oldest first.
        with_unplanned: Whether to return pairs that are not planned too, without a test.

    Returns:
        The pairs, and the correlation of the seeds between networks.
    """
    noise = measure_seed_noise(candidates)
    paired = noise.is_paired
    names = _names_by_network(candidates, options)
    rules = sorted(names, key=lambda rule: -weighted_accuracy(candidates[rule]))
    pairs = [
        replace(
            _make_pair(a, candidates[a], b, candidates[b], paired), is_planned=options.is_planned(names[a], names[b])
        )
        for a, b in combinations(rules, 2)
        if with_unplanned or options.is_planned(names[a], names[b])
    ]
    *earlier, present = list_looks(candidates, looks)
    history = [*((look, measure_seed_noise(look.candidates)) for look in earlier), (present, noise)]
    tested = _test_pairs(pairs, history, options.delta)
    twins = [(rule, twin) for rule, same in names.items() for twin in same if twin != rule]
    same = [_make_pair(a, candidates[a], b, candidates[b], paired) for a, b in twins]
    return (*tested, *same), noise.correlation


def _test_pairs(
    pairs: Sequence[RulePair], history: Sequence[tuple[LookedAt, SeedNoise]], delta: float | None
) -> list[RulePair]:
    """Return the pairs with p values, corrected for looks and by Holm's method, and the seeds needed for a verdict."""
    tested = list(pairs) if delta is None else [replace(pair, delta=delta) for pair in pairs]
    places = [place for place, pair in enumerate(tested) if pair.estimate and pair.is_planned]
    tests = [
        run_at_looks(pair.first, pair.second, history, delta, pair.estimate)
        for pair in (pairs[place] for place in places)
    ]
    adjusted = adjust_p_values([apart.p for apart, _ in tests])
    for place, (apart, _), p in zip(places, tests, adjusted, strict=True):
        tested[place] = replace(
            tested[place], looks=apart.looks, look_part=apart.part, is_interim=apart.is_interim, p=p
        )
    if delta is None:
        return tested
    adjusted = adjust_p_values([alike.p for _, alike in tests if alike])
    for place, (apart, _), p in zip(places, tests, adjusted, strict=True):
        pair = replace(tested[place], p_alike=p)
        tested[place] = _with_required_seeds(pair, history[-1], delta, ALPHA * apart.next_part / len(places))
    return tested


def _with_required_seeds(pair: RulePair, present: tuple[LookedAt, SeedNoise], delta: float, level: float) -> RulePair:
    """Return a pair with the seeds that would decide at a level of significance; as it is if it has a verdict."""
    if pair.estimate is None or pair.is_significant or pair.is_alike:
        return pair
    looked_at, noise = present
    weights = subtract(looked_at.candidates[pair.first], looked_at.candidates[pair.second])
    required = estimate_required_seeds(weights, pair.estimate, delta, level, noise.is_paired, noise.pooled)
    return replace(pair, required_seeds=required)


def _names_by_network(candidates: Mapping[str, WeightedCells], options: VerdictOptions) -> dict[str, tuple[str, ...]]:
    """Return all rules that led to each network, by the first of them; rules of planned contrasts come first."""
    planned = [rule for rule in options.named_rules if rule in candidates]
    names: dict[object, tuple[str, ...]] = {}
    for rule in dict.fromkeys((*planned, *candidates)):
        network = tuple(_network_id(candidates[rule]))
        names[network] = (*names.get(network, ()), rule)
    first = {same[0]: same for same in names.values()}
    return {rule: first[rule] for rule in candidates if rule in first}


def _make_pair(a: str, cells_a: WeightedCells, b: str, cells_b: WeightedCells, paired: bool) -> RulePair:
    estimate = estimate_contrast(subtract(cells_a, cells_b), paired)
    difference = estimate.value if estimate else weighted_accuracy(cells_a) - weighted_accuracy(cells_b)
    if difference < 0:
        return _make_pair(b, cells_b, a, cells_a, paired)
    seeds = tuple(min(len(cell.seeds) for cell in main_cells(cells)) for cells in (cells_a, cells_b))
    x, y = _accuracy_by_seed(cells_a), _accuracy_by_seed(cells_b)
    spreads = [float(np.ptp(values)) for values in (x, y) if len(values) > 1]
    wins = np.sign(x[:, None] - y[None, :])
    return RulePair(
        first=a,
        second=b,
        difference=difference,
        seeds=(seeds[0], seeds[1]),
        spread=max(spreads, default=None),
        estimate=estimate,
        p=None,
        improvement=float((wins.mean() + 1) / 2),
        is_same_network=_network_id(cells_a) == _network_id(cells_b),
        metric=cells_a[0][0].metric,
    )


def _accuracy_by_seed(cells: WeightedCells) -> NDArray[np.float64]:
    """Return the weighted accuracy of the seeds that the main cells share, the others at their means.

    Without a shared seed, those of the heaviest cell.
    """
    main = main_cells(cells)
    shared = sorted(set.intersection(*(set(cell.seeds) for cell in main)))
    if not shared:
        return max(cells, key=lambda pair: pair[1])[0].accuracy
    return weighted_sum(
        (cell.accuracy[[cell.seeds.index(seed) for seed in shared]], weight)
        if cell in main
        else (np.full(len(shared), cell.accuracy.mean()), weight)
        for cell, weight in cells
    )


def _network_id(weights: WeightedCells) -> list[tuple[tuple[str, ...], float]]:
    return sorted((cell.keys, round(weight, 9)) for cell, weight in weights)
