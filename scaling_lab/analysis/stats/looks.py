"""Correct p values for repeated looks at growing data.

Looking, adding seeds and looking again until a pair is significant finds a difference that does not exist in more than
5 % of studies. So the error rate is divided among the looks at a pair, and a p value counts for the part of its
look: the first look has 80 % of the rate, the k-th (20 %) / (k (k - 1)). The parts add up to 1 for any number of looks,
which need not be known in advance, and Bonferroni's inequality holds for any dependence between the looks. An interim
look, while planned points of the pair are still to be trained, has 5 % of what is left, and a look of a sequential
design the share that was planned for it.

The smallest corrected p value over all looks counts, so a verdict that was reached stays. Looks at the same data are
one look. docs/statistics.md compares this division with others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.stats.contrast import MIN_SEEDS, WeightedCells, main_cells, merge_cells, select_seeds

FIRST_SHARE = 0.8
"""Share of the error rate of the first look at all planned seeds."""
INTERIM_SHARE = 0.05
"""Share of what is left that a look may spend while planned points of the pair are not finished."""


@dataclass(frozen=True)
class Look:
    """A look at the verdicts of a study.

    Attributes:
        finished: Keys of the points that were finished.
        waiting: Keys of the planned points that were neither finished nor failed.
        share: Share of what earlier looks have left that this one may spend, if it was planned; None for the usual one.
    """

    finished: frozenset[str]
    waiting: frozenset[str] = frozenset()
    share: float | None = None


@dataclass(frozen=True)
class LookedAt:
    """The candidates of a comparison as they were at a look."""

    candidates: Mapping[str, WeightedCells]
    look: Look

    def share(self, *names: str) -> float | None:
        """Return the share of the look for the difference of candidates; None for the usual one."""
        cells = [cell for name in names for cell, _ in self.candidates[name]]
        is_interim = any(not self.look.waiting.isdisjoint(cell.waiting) for cell in cells)
        return INTERIM_SHARE if self.look.share is None and is_interim else self.look.share


@dataclass(frozen=True)
class PairTest:
    """The test of one pair at one look.

    Attributes:
        data: Keys of the points that it is based on.
        difference: Difference of the means, first less second; 0 if the test has no direction.
        p: Uncorrected p value.
        share: Share of what earlier looks have left; None for the usual one.
    """

    data: frozenset[str]
    difference: float
    p: float
    share: float | None = None


@dataclass(frozen=True)
class CorrectedTest:
    """The test of a pair over all looks.

    Attributes:
        p: Corrected p value, the smallest over all looks.
        looks: Number of looks at its data, the present one included.
        part: Part of the error rate that the present look spends.
        next_part: Part of the next look, if that is a usual one.
        is_interim: Whether planned points of the pair are not finished.
    """

    p: float
    looks: int
    part: float
    next_part: float
    is_interim: bool


def list_looks(candidates: Mapping[str, WeightedCells], looks: Iterable[Look]) -> list[LookedAt]:
    """Return the candidates as they were at each look, oldest first, the last one as they are now.

    Looks between which no candidate changed are one; points that waited at only one of them do not make it an interim
    look. A candidate is left out of earlier looks at which a network of it had fewer than three seeds.
    """
    restricted: dict[tuple[Cell, tuple[int, ...]], Cell] = {}
    listed: list[LookedAt] = []
    for look in looks:
        seen = {
            name: cells
            for name, weights in candidates.items()
            if (cells := _restrict(weights, look.finished, restricted)) is not None
        }
        if seen:
            _add_look(listed, LookedAt(seen, look))
    _add_look(listed, LookedAt(candidates, _present_look(candidates)))
    return listed


def pair_data(weights: WeightedCells) -> frozenset[str]:
    """Return the keys of the points that a weighted sum is based on."""
    return frozenset(key for cell, _ in merge_cells(weights) for key in cell.keys)


def divide_error_rate(shares: Sequence[float | None]) -> list[float]:
    """Return the part of the error rate of each look; the parts add up to 1 at most.

    Args:
        shares: For each look the share of what is left that it may spend; None for the usual share.
    """
    parts, left, usual = list[float](), 1.0, 0
    for share in shares:
        if share is None:
            usual += 1
            share = FIRST_SHARE if usual == 1 else 1 / usual
        parts.append(left * share)
        left -= parts[-1]
    return parts


def correct_for_looks(tests: Sequence[PairTest]) -> CorrectedTest:
    """Correct the p value of a pair for the looks at its data.

    A look at which the difference had the other sign than it has now does not count in favour of it.

    Args:
        tests: The test of the pair at each look, oldest first, the last one of the present data.
    """
    different: list[PairTest] = []
    for test in tests:
        if different and different[-1].data == test.data:
            earlier = different.pop()
            test = test if earlier.share == INTERIM_SHARE else earlier
        different.append(test)
    now = different[-1]
    *parts, next_part = divide_error_rate([*(test.share for test in different), None])
    p_values = [
        test.p / part
        for test, part in zip(different, parts, strict=True)
        if part and test.difference * now.difference >= 0
    ]
    return CorrectedTest(
        p=min([1.0, *p_values]),
        looks=len(different),
        part=parts[-1],
        next_part=next_part,
        is_interim=now.share == INTERIM_SHARE,
    )


def _add_look(listed: list[LookedAt], looked_at: LookedAt) -> None:
    look = looked_at.look
    if listed and listed[-1].candidates == looked_at.candidates:
        earlier = listed.pop().look
        look = replace(earlier, waiting=earlier.waiting & look.waiting)
    listed.append(replace(looked_at, look=look))


def _present_look(candidates: Mapping[str, WeightedCells]) -> Look:
    cells = [cell for weights in candidates.values() for cell, _ in weights]
    return Look(
        finished=frozenset(key for cell in cells for key in cell.keys),
        waiting=frozenset(key for cell in cells for key in cell.waiting),
    )


def _restrict(
    weights: WeightedCells, finished: frozenset[str], restricted: dict[tuple[Cell, tuple[int, ...]], Cell]
) -> list[tuple[Cell, float]] | None:
    """Return a candidate with only the finished seeds; None if a main network has fewer than three.

    A network that only moves others to equal cost is left out if it has fewer.
    """
    cells, main = [], main_cells(weights)
    for cell, weight in weights:
        seeds = tuple(seed for seed, key in zip(cell.seeds, cell.keys, strict=True) if key in finished)
        if len(seeds) < MIN_SEEDS and cell in main:
            return None
        if len(seeds) < MIN_SEEDS:
            continue
        if seeds != cell.seeds and (cell, seeds) not in restricted:
            early = select_seeds(cell, seeds)
            restricted[cell, seeds] = replace(early, waiting=cell.waiting | set(cell.keys) - set(early.keys))
        cells.append((restricted.get((cell, seeds), cell), weight))
    scale = sum(weight for _, weight in weights) / sum(weight for _, weight in cells)
    return [(cell, weight * scale) for cell, weight in cells]
