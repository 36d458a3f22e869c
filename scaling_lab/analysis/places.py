"""Settings and budgets at which the same rules are compared, in one or several studies, and pairs of them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.length_groups import split_recipe
from scaling_lab.analysis.metrics import ACCURACY, Metric
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import WeightedCells
from scaling_lab.errors import UserError, unknown_name

AXES = ("budget", "length", "recipe", "lr_times", "rounding", "family", "dataset")
"""What two places may differ in; `length` are the epochs of a recipe."""
STUDY = "study"
"""The axis of two places that differ in nothing but the study: one repeats the other."""


@dataclass(frozen=True, eq=False)
class Place:
    """The rules of one family at one budget in one setting of a study.

    Attributes:
        times_flops: The budget in times the baseline's FLOPs.
        epochs: Epochs of the training; None if unknown.
        candidates: Weighted networks by rule.
        pairs_apart: Pairs of rules whose difference is significant, corrected for all pairs of the place.
        without_network: Rules without a finished network at the budget.
        images: What identifies the test images: places with the same value have the same ones.
    """

    study: str
    setting: Setting
    times_flops: float
    epochs: int | None
    candidates: Mapping[str, WeightedCells]
    pairs_apart: frozenset[frozenset[str]] = frozenset()
    without_network: tuple[str, ...] = ()
    images: tuple[str, ...] = ()

    @property
    def metric(self) -> Metric:
        """The measurement that is compared."""
        return next((cell.metric for weights in self.candidates.values() for cell, _ in weights), ACCURACY)

    @cached_property
    def keys(self) -> frozenset[str]:
        """Keys of the results of its networks."""
        return frozenset(key for weights in self.candidates.values() for cell, _ in weights for key in cell.keys)

    @cached_property
    def coordinates(self) -> dict[str, object]:
        """The value of each of AXES."""
        recipe, length = split_recipe(self.setting.recipe)
        return {
            "budget": self.times_flops,
            "length": (self.epochs, *sorted(length.items())),
            "recipe": recipe,
            "lr_times": self.setting.lr_times,
            "rounding": self.setting.rounding,
            "family": self.setting.family,
            "dataset": self.setting.dataset,
        }


def list_places(study: str, evidence: Evidence) -> list[Place]:
    """Return every setting and budget of a study that has a finished network, other than 1x."""
    return list(_list_all(study, evidence))


@lru_cache(maxsize=4)
def _list_all(study: str, evidence: Evidence) -> tuple[Place, ...]:
    places = []
    for comparison in compare_rules(evidence):
        cells = [cell for weights in comparison.candidates.values() for cell, _ in weights]
        if not cells:
            continue
        twins: dict[str, set[str]] = {rule: {rule} for rule in comparison.rules}
        for pair in comparison.pairs:
            if pair.is_same_network:
                twins[pair.first].add(pair.second)
        fingerprint = cells[0].dataset_fingerprint
        places.append(
            Place(
                study=study,
                setting=comparison.setting,
                times_flops=comparison.level,
                epochs=cells[0].epochs,
                candidates=comparison.candidates,
                pairs_apart=frozenset(
                    frozenset((first, second))
                    for pair in comparison.pairs
                    if pair.is_significant
                    for first in twins[pair.first]
                    for second in twins[pair.second]
                ),
                without_network=(*comparison.off_budget, *comparison.without_result),
                images=(fingerprint,) if fingerprint else (study, comparison.setting.dataset),
            )
        )
    return tuple(places)


def drop_repeated(places: Sequence[Place]) -> list[Place]:
    """Return the places without those whose results are those of another one, as two folders may have the same points.

    Of two such places the one with more results is kept.
    """
    distinct: list[Place] = []
    for place in sorted(places, key=lambda place: -len(place.keys)):
        if not any(place.coordinates == other.coordinates and place.keys & other.keys for other in distinct):
            distinct.append(place)
    order = {id(place): rank for rank, place in enumerate(places)}
    return sorted(distinct, key=lambda place: order[id(place)])


def parse_axes(name: str, text: str) -> tuple[str, ...]:
    """Return the axes that a text such as `dataset,recipe` names.

    Args:
        name: Name of the option, for the message.
        text: Names of AXES, with commas.

    Raises:
        UserError: An axis is unknown, or there is none.
    """
    axes = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for axis in axes:
        if axis not in AXES:
            raise unknown_name(f"axis in {name}", axis, AXES)
    if not axes:
        raise UserError(f"{name} is empty; must name some of {', '.join(AXES)}")
    return axes


def pair_places(places: Iterable[Place], across: Collection[str] = ()) -> Iterator[tuple[str, Place, Place]]:
    """Yield the pairs of places to compare, each with the axes in which they differ, joined by `+`.

    Args:
        places: Places of one or several studies.
        across: Axes in which two places may differ together; empty for each axis alone. Places of two studies that
            differ in no axis are compared too.
    """
    for first, second in combinations(places, 2):
        axes = [axis for axis in AXES if first.coordinates[axis] != second.coordinates[axis]]
        if not axes and first.study != second.study:
            yield STUDY, first, second
        elif axes and (set(axes) <= set(across) if across else len(axes) == 1):
            yield "+".join(axes), *_order(first, second)


def _order(first: Place, second: Place) -> tuple[Place, Place]:
    """Return the cheaper place first: the one with the smaller budget, then with fewer epochs."""

    def cost(place: Place) -> tuple[float, int]:
        return place.times_flops, place.epochs or 0

    return (second, first) if cost(second) < cost(first) else (first, second)
