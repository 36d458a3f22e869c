"""Which rules can be told apart at equal cost, which cannot, and what would settle it.

Equal FLOPs are the budgets of the study: networks of one family and setting whose measured FLOPs are those asked. Each
pair of rules has its difference in mean test accuracy over seeds, a 95 % interval for other seeds and other test
pictures (`contrast`), and a p corrected by Holm (1979) for all pairs of its comparison, which decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from scaling_lab.analysis.evidence import Arm, Evidence, Setting
from scaling_lab.analysis.stats.contrast import (
    CONFIDENCE,
    RELIABLE_SEEDS,
    Estimate,
    VarianceTerm,
    WeightedCells,
    estimate_contrast,
    merge_cells,
    weighted_accuracy,
)
from scaling_lab.analysis.stats.power import RequiredSample, estimate_required_sample
from scaling_lab.analysis.stats.seed_correlation import SeedCorrelation, correlate_seeds, pool_seed_variance

ALPHA = 1 - CONFIDENCE
MAX_COST_RATIO = 1.2
"""Ratio of the largest to the least cost of one network by seed that a machine which does nothing else gives."""


@dataclass(frozen=True)
class RulePair:
    """Two rules at equal cost; `first` has the higher mean. Accuracies and differences are 0 to 1.

    spread: what the seeds of one rule alone differ by, the larger of the two; None where neither has two seeds.
    estimate: of the difference; None with fewer than three seeds each, or when no seed differs from another. p: by
    Holm. improvement: probability that a seed of the first is better than one of the second, ties by half.
    same: both came to the same network. more: what would settle a pair that is not told apart.
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
    required_sample: RequiredSample | None = None

    @property
    def is_significant(self) -> bool:
        """Whether there is a verdict."""
        return self.p is not None and self.p < ALPHA


@dataclass(frozen=True)
class RuleComparison:
    """The rules of one family at one level of a cost, and the names of those off the budget or without a result.

    cost: a name of `evidence.COSTS`; level: in times the baseline's FLOPs for asked budgets, else in the cost's unit.
    sampling: standard error of one network's accuracy from the choice of test pictures; None without any result.
    fewer: rules with fewer finished seeds than were asked, how many, and how many were asked. unrest: the largest ratio
    of one network's costs by seed.
    """

    setting: Setting
    cost: str
    level: float
    rules: tuple[str, ...]
    pairs: tuple[RulePair, ...]
    seed_correlation: SeedCorrelation | None = None
    off_budget: tuple[str, ...] = ()
    without_result: tuple[str, ...] = ()
    test_images: int | None = None
    sampling_error: float | None = None
    incomplete: tuple[tuple[str, int, int], ...] = ()
    cost_ratio: float = 1.0


def compare_rules(evidence: Evidence) -> list[RuleComparison]:
    """One comparison a setting and budget other than 1x, with or without results, in the table's order."""
    groups: dict[tuple[Setting, float], list[Arm]] = {}
    for arm in evidence.arms:
        if arm.times_flops is not None and arm.times_flops != 1:
            groups.setdefault((arm.setting, arm.times_flops), []).append(arm)
    return [_at_budget(setting, times, arms) for (setting, times), arms in groups.items()]


def compare_pairs(candidates: Mapping[str, WeightedCells]) -> tuple[tuple[RulePair, ...], SeedCorrelation | None]:
    """Every pair of rules, each a weighted sum of networks, and how far their seeds go together.

    Rules that came to the same network are one candidate, under the first one's name; beside it each other has its own
    pair that says so.
    """
    cells = [cell for weights in candidates.values() for cell, _ in weights]
    pairing = correlate_seeds(cells)
    paired = pairing is not None and pairing.is_significant
    first: dict[object, str] = {}
    for rule, weights in candidates.items():
        first.setdefault(tuple(_network(weights)), rule)
    rules = sorted(first.values(), key=lambda rule: -weighted_accuracy(candidates[rule]))
    found = [_pair(a, candidates[a], b, candidates[b], paired) for a, b in combinations(rules, 2)]
    tested = [place for place, pair in enumerate(found) if pair.estimate]
    together = pairing.residual if pairing and pairing.is_significant else pool_seed_variance(cells)
    corrected = adjust_p_values([_p(found[place], candidates, together) for place in tested])
    for place, (p, rank) in zip(tested, corrected, strict=True):
        pair, a, b = found[place], candidates[found[place].first], candidates[found[place].second]
        missing = estimate_required_sample(_less(a, b), ALPHA / rank, paired) if p >= ALPHA else None
        found[place] = replace(pair, p=p, required_sample=missing)
    twins = [(first[tuple(_network(weights))], rule) for rule, weights in candidates.items()]
    same = [_pair(a, candidates[a], b, candidates[b], paired) for a, b in twins if a != b]
    return (*found, *same), pairing


def adjust_p_values(ps: Sequence[float]) -> list[tuple[float, int]]:
    """Holm's corrected p of each, at most 1 and never below that of a smaller p, and the number it was taken times."""
    found, lowest = [(1.0, 1)] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        lowest = max(lowest, min(1.0, (len(ps) - rank) * ps[place]))
        found[place] = (lowest, len(ps) - rank)
    return found


def _at_budget(setting: Setting, times: float, arms: list[Arm]) -> RuleComparison:
    done = {arm.rule: arm.cell for arm in arms if arm.is_on_budget and arm.cell}
    found, pairing = compare_pairs({rule: [(cell, 1.0)] for rule, cell in done.items()})
    off = tuple(dict.fromkeys(arm.rule for arm in arms if not arm.is_on_budget))
    absent = tuple(dict.fromkeys(arm.rule for arm in arms if arm.is_on_budget and not arm.cell))
    pictures = next((cell.test_images for cell in done.values()), None)
    right = float(np.mean([cell.accuracy.mean() for cell in done.values()])) if done else 0.0
    sampling = (right * (1 - right) / pictures) ** 0.5 if pictures else None
    fewer = tuple(
        (arm.rule, len(arm.cell.seeds), arm.requested_seeds)
        for arm in arms
        if arm.is_on_budget and arm.cell and len(arm.cell.seeds) < arm.requested_seeds
    )
    return RuleComparison(setting, "flops", times, tuple(done), found, pairing, off, absent, pictures, sampling, fewer)


def _p(pair: RulePair, candidates: Mapping[str, WeightedCells], together: VarianceTerm | None) -> float:
    """A pair's own p. With fewer than `SETTLED` seeds it must also hold with the seeds' variance of all rules together.

    Few seeds of one network agree by chance, and Satterthwaite's degrees of freedom do not see it: among five equal
    rules with three seeds, one in fourteen comparisons would have a winner.
    """
    if pair.estimate is None:
        return 1.0
    weights = merge_cells(_less(candidates[pair.first], candidates[pair.second]))
    if together is None or min(len(cell.seeds) for cell, _ in weights) >= RELIABLE_SEEDS:
        return pair.estimate.p
    part = sum(weight**2 / len(cell.seeds) for cell, weight in weights)
    return max(
        pair.estimate.p, pair.estimate.p_with_seed_variance(replace(together, variance=part * together.variance))
    )


def _pair(a: str, of_a: WeightedCells, b: str, of_b: WeightedCells, paired: bool) -> RulePair:
    estimate = estimate_contrast(_less(of_a, of_b), paired)
    difference = estimate.value if estimate else weighted_accuracy(of_a) - weighted_accuracy(of_b)
    if difference < 0:
        return _pair(b, of_b, a, of_a, paired)
    seeds = tuple(min(len(cell.seeds) for cell, _ in weights) for weights in (of_a, of_b))
    x, y = _by_seed(of_a), _by_seed(of_b)
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
        is_same_network=_network(of_a) == _network(of_b),
    )


def _less(a: WeightedCells, b: WeightedCells) -> WeightedCells:
    return [*a, *((cell, -weight) for cell, weight in b)]


def _by_seed(weights: WeightedCells) -> np.ndarray:
    """The weighted accuracy of the seeds that all cells have, else of each seed of the heaviest cell."""
    shared = sorted(set.intersection(*(set(cell.seeds) for cell, _ in weights)))
    if not shared:
        return max(weights, key=lambda pair: pair[1])[0].accuracy
    return sum(weight * cell.accuracy[[cell.seeds.index(seed) for seed in shared]] for cell, weight in weights)


def _network(weights: WeightedCells) -> list[tuple[tuple[str, ...], float]]:
    return sorted((cell.keys, round(weight, 9)) for cell, weight in weights)
