"""Whether a small study decides a large one: how far the rankings of the same rules at two places agree.

Two places are two budgets, lengths of training, data sets, families or recipes (`places`). The decision accuracy is the
share of pairs of rules that have the same sign at both (Magnusson et al. 2025, DataDecide); Kendall's tau is a function
of it. Intervals are for the true share, and count the noise of seeds and of test images, which two places of one data
set have in common (`stats.agreement`). What the share would be if the true rankings were the same says how much of a
disagreement is noise.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.place_noise import count_images, explain_no_interval, measure_covariance
from scaling_lab.analysis.places import Place, drop_repeated, pair_places
from scaling_lab.analysis.stats.agreement import (
    RankingDraws,
    cautious_interval,
    draw_rankings,
    pair_signs,
    share_of_same_signs,
)
from scaling_lab.analysis.stats.contrast import WeightedCells, merge_cells, weighted_accuracy

Interval = tuple[float, float]
TAIL = 0.025
"""p value below which the same true ranking is excluded from an interval."""


@dataclass(frozen=True)
class PairCount:
    """Pairs of rules with the same sign at both places.

    Attributes:
        pairs: Number of pairs of different networks.
        same: Number of those with the same sign.
        interval: 95 % interval of the share of pairs that have the same sign in truth; None without one.
        expected: Share that would have the same sign, on average, if the true rankings were the same; None without one.
        p_same: Probability of this share or a smaller one, if they were; None without one.
    """

    pairs: int
    same: int
    interval: Interval | None = None
    expected: float | None = None
    p_same: float | None = None

    @property
    def share(self) -> float | None:
        """Share of pairs with the same sign, the decision accuracy; None without pairs."""
        return self.same / self.pairs if self.pairs else None


@dataclass(frozen=True)
class Agreement:
    """The agreement of the rankings of the same rules at two places.

    Attributes:
        axis: What the places differ in (`places.AXES`); several are joined by `+`.
        first: The place with the smaller budget, or fewer epochs.
        second: The other one.
        rules: Rules that both have, each network once; rules with one network at both places are joined by ` = `.
        left_out: Rules that only one of them has.
        tau: Kendall's tau-b; None with fewer than two rules, or without any order.
        tau_interval: 95 % interval of the tau of the true rankings; None without one.
        every: All pairs.
        apart_at_first: Pairs that are told apart at the first place.
        apart_at_second: Likewise at the second.
        apart_at_both: Likewise at both.
        leaders: The rule with the highest mean at each place.
        regret: What the leader of the first place lacks, at the second, to the rule that leads there.
        regret_interval: Its 95 % interval; None without one.
        no_interval: Reason why there are no intervals, as a clause; empty if there are.
        has_same_images: Whether both places have the same test images.
    """

    axis: str
    first: Place
    second: Place
    rules: tuple[str, ...]
    left_out: tuple[str, ...]
    tau: float | None
    tau_interval: Interval | None
    every: PairCount
    apart_at_first: PairCount
    apart_at_second: PairCount
    apart_at_both: PairCount
    leaders: tuple[str, str]
    regret: float
    regret_interval: Interval | None
    no_interval: str = ""
    has_same_images: bool = False


def measure_agreements(places: Sequence[Place], across: Collection[str] = ()) -> list[Agreement]:
    """Return the agreement of every two places that have two rules in common.

    The last few are kept, because the answers, tables and figures of a study show the same agreements.

    Args:
        places: Places of one or several studies.
        across: Axes in which two places may differ together; empty for each axis alone.
    """
    return list(_measure_all(tuple(places), tuple(across)))


@lru_cache(maxsize=4)
def _measure_all(places: tuple[Place, ...], across: tuple[str, ...]) -> tuple[Agreement, ...]:
    pairs = [(axis, a, b, _match_rules(a, b)) for axis, a, b in pair_places(drop_repeated(places), across)]
    return tuple(_measure(axis, a, b, names) for axis, a, b, names in pairs if len(names) > 1)


def _match_rules(first: Place, second: Place) -> list[tuple[str, ...]]:
    """Return the rules of both places; those that share a network at both are one."""
    by_network: dict[object, tuple[str, ...]] = {}
    for rule in first.candidates:
        if rule in second.candidates:
            network = (_network_id(first.candidates[rule]), _network_id(second.candidates[rule]))
            by_network[network] = (*by_network.get(network, ()), rule)
    return list(by_network.values())


def _measure(axis: str, first: Place, second: Place, names: Sequence[tuple[str, ...]]) -> Agreement:
    rules = [same[0] for same in names]
    here, there = ([place.candidates[rule] for rule in rules] for place in (first, second))
    means = (
        np.array([weighted_accuracy(weights) for weights in here]),
        np.array([weighted_accuracy(weights) for weights in there]),
    )
    signs = [_signs(weights, values) for weights, values in zip((here, there), means, strict=True)]
    reason = explain_no_interval(here, there)
    same_images = first.images == second.images and count_images(here) == count_images(there)
    draws = None if reason else draw_rankings(*means, measure_covariance(here, there, same_images))
    apart = [
        np.array([frozenset(pair) in place.pairs_apart for pair in combinations(rules, 2)]) for place in (first, second)
    ]
    differ = (signs[0] != 0) & (signs[1] != 0)
    masks = (differ, differ & apart[0], differ & apart[1], differ & apart[0] & apart[1])
    every, *counts = (_count(mask, signs, draws) for mask in masks)
    ordered = np.sqrt(float(np.count_nonzero(signs[0])) * np.count_nonzero(signs[1]))
    scale = every.pairs / ordered if ordered else 0.0
    leader = int(means[0].argmax())
    known = {rule for same in names for rule in same}
    return Agreement(
        axis=axis,
        first=first,
        second=second,
        rules=tuple(" = ".join(same) for same in names),
        left_out=tuple(rule for rule in dict.fromkeys((*_all_rules(first), *_all_rules(second))) if rule not in known),
        tau=None if every.share is None else scale * (2 * every.share - 1),
        tau_interval=None if every.interval is None else _scale_interval(every.interval, scale),
        every=every,
        apart_at_first=counts[0],
        apart_at_second=counts[1],
        apart_at_both=counts[2],
        leaders=(rules[leader], rules[int(means[1].argmax())]),
        regret=float(means[1].max() - means[1][leader]),
        regret_interval=_regret_interval(draws, leader) if draws else None,
        no_interval=reason,
        has_same_images=same_images,
    )


def _count(mask: NDArray[np.bool_], signs: Sequence[NDArray[np.int8]], draws: RankingDraws | None) -> PairCount:
    pairs, same = int(mask.sum()), int((signs[0] == signs[1])[mask].sum())
    if draws is None or not pairs:
        return PairCount(pairs, same)
    modelled, around, repeated = (
        share_of_same_signs(*(pair_signs(means)[:, mask] for means in drawn))
        for drawn in (draws.modelled, draws.around, draws.repeated)
    )
    p_same = float((repeated <= same / pairs).mean())
    low, high = cautious_interval(modelled, around)
    return PairCount(pairs, same, (low, high if p_same < TAIL else 1.0), float(repeated.mean()), p_same)


def _regret_interval(draws: RankingDraws, leader: int) -> Interval:
    return cautious_interval(*(there.max(axis=1) - there[:, leader] for _, there in (draws.modelled, draws.around)))


def _scale_interval(interval: Interval, scale: float) -> Interval:
    low, high = (scale * (2 * end - 1) for end in interval)
    return low, high


def _signs(candidates: Sequence[WeightedCells], means: FloatArray) -> NDArray[np.int8]:
    """Return the sign of each pair; 0 for rules with one network."""
    ids = [_network_id(weights) for weights in candidates]
    different = np.array([a != b for a, b in combinations(ids, 2)], dtype=np.int8)
    return pair_signs(means) * different


def _all_rules(place: Place) -> tuple[str, ...]:
    return (*place.candidates, *place.without_network)


def _network_id(weights: WeightedCells) -> frozenset[tuple[Cell, float]]:
    return frozenset((cell, round(weight, 9)) for cell, weight in merge_cells(weights))
