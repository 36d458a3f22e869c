"""`budget_hours`: the cheapest complete comparisons of a study that fit into a time budget."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from scaling_lab.errors import UserError
from scaling_lab.store.plan_schema import Plan, Question
from scaling_lab.study.forecast import longest_first, wall_seconds

HOUR = 3600.0


@dataclass(frozen=True)
class ComparisonPoints:
    """The points of one comparison: all rules and seeds at one budget.

    Attributes:
        name: family, budget and learning rate.
        keys: its points.
    """

    name: str
    keys: frozenset[str]


@dataclass(frozen=True)
class AffordablePoints:
    """Points that fit into a time budget.

    Attributes:
        keys: points to train now, in the order of the plan.
        postponed: comparisons that do not fit, in the order of the plan.
    """

    keys: tuple[str, ...]
    postponed: tuple[ComparisonPoints, ...]


def select_affordable(
    plan: Plan, remaining: Sequence[str], seconds: Mapping[str, float], workers: int, hours: float
) -> AffordablePoints:
    """Return the cheapest complete comparisons whose remaining points take no more than `hours`.

    Comparisons are added cheapest first, priced by the points that no chosen one has already. Finished comparisons
    cost nothing and are not listed.

    Raises:
        UserError: the duration of a point is unknown.
    """
    if any(key not in seconds for key in remaining):
        raise UserError("budget_hours needs a forecast, but the training time of these networks is unknown")
    waiting = [comparison for comparison in list_comparisons(plan) if comparison.keys & set(remaining)]
    chosen: set[str] = set()
    while waiting:
        cheapest = min(waiting, key=lambda comparison: _price(comparison.keys - chosen, remaining, seconds))
        candidate = (chosen | cheapest.keys) & set(remaining)
        if wall_seconds((seconds[key] for key in longest_first(candidate, seconds)), workers) > hours * HOUR:
            break
        chosen = candidate
        waiting = [comparison for comparison in waiting if not comparison.keys & set(remaining) <= chosen]
    return AffordablePoints(tuple(key for key in remaining if key in chosen), tuple(waiting))


def list_comparisons(plan: Plan) -> list[ComparisonPoints]:
    """Return the comparisons of a plan, in its order.

    One comparison has the questions of one family, dataset, recipe, rounding, learning rate and budget; for explicit
    multipliers, those of the same multipliers.
    """
    comparisons: dict[tuple[object, ...], tuple[str, set[str]]] = {}
    for entry in plan.entries:
        setting, name = _setting(entry.question)
        comparisons.setdefault(setting, (name, set()))[1].add(entry.key)
    return [ComparisonPoints(name, frozenset(keys)) for name, keys in comparisons.values()]


def _setting(question: Question) -> tuple[tuple[object, ...], str]:
    times = question.times_flops
    at = (times,) if times is not None else (question.rule, question.d, question.w, question.r)
    setting = (question.family, question.dataset, question.recipe, question.rounding, question.lr_times, *at)
    budget = f"at {times:g}x" if times is not None else f"d={question.d:g} w={question.w:g} r={question.r:g}"
    lr = "" if question.lr_times == 1 else f", lr {question.lr_times:g}x"
    return setting, f"{question.family} {budget}{lr}"


def _price(keys: Collection[str], remaining: Iterable[str], seconds: Mapping[str, float]) -> float:
    return sum(seconds[key] for key in remaining if key in keys)
