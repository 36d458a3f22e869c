"""What of a study fits into so many hours: the cheapest of its comparisons, each of them whole."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from scaling_lab.errors import UserError
from scaling_lab.store.schema import Plan, Question
from scaling_lab.sweep.forecast import longest_first, wall

HOUR = 3600.0


@dataclass(frozen=True)
class Comparison:
    """What is compared with each other: all rules and seeds at one budget. Its points by key."""

    name: str
    keys: frozenset[str]


@dataclass(frozen=True)
class Affordable:
    """Points to train now, and the comparisons that wait for another time, in the plan's order."""

    keys: tuple[str, ...]
    left_out: tuple[Comparison, ...]


def affordable(plan: Plan, left: Sequence[str], seconds: Mapping[str, float], workers: int, hours: float) -> Affordable:
    """The cheapest set of whole comparisons whose points that are left take no more than so many hours.

    Cheapest first, the price being that of the points that no chosen one has already. Comparisons that are finished
    cost nothing and are no part of it. Raises UserError when nothing tells how long a point takes.
    """
    if any(key not in seconds for key in left):
        raise UserError("budget_hours needs a forecast, and nothing tells how long these networks train")
    waiting = [one for one in comparisons(plan) if one.keys & set(left)]
    chosen: set[str] = set()
    while waiting:
        more = min(waiting, key=lambda one: _price(one.keys - chosen, left, seconds))
        wanted = (chosen | more.keys) & set(left)
        if wall((seconds[key] for key in longest_first(wanted, seconds)), workers) > hours * HOUR:
            break
        chosen = wanted
        waiting = [one for one in waiting if not one.keys & set(left) <= chosen]
    return Affordable(tuple(key for key in left if key in chosen), tuple(waiting))


def comparisons(plan: Plan) -> list[Comparison]:
    """The comparisons of a plan in its order: questions of one family, data set, recipe, rounding, learning rate and
    budget; of explicit multipliers, those of the same."""
    found: dict[tuple[object, ...], tuple[str, set[str]]] = {}
    for entry in plan.entries:
        key, name = _setting(entry.question)
        found.setdefault(key, (name, set()))[1].add(entry.key)
    return [Comparison(name, frozenset(keys)) for name, keys in found.values()]


def _setting(question: Question) -> tuple[tuple[object, ...], str]:
    asked = question.times_flops
    at = (asked,) if asked is not None else (question.rule, question.d, question.w, question.r)
    key = (question.family, question.dataset, question.recipe, question.rounding, question.lr_times, *at)
    budget = f"at {asked:g}x" if asked is not None else f"d={question.d:g} w={question.w:g} r={question.r:g}"
    lr = "" if question.lr_times == 1 else f", lr {question.lr_times:g}x"
    return key, f"{question.family} {budget}{lr}"


def _price(keys: Collection[str], left: Iterable[str], seconds: Mapping[str, float]) -> float:
    return sum(seconds[key] for key in left if key in keys)
