"""A pair of rules in words: the difference, its interval, the verdict, and what would settle it."""

from scaling_lab.analysis.compare import Pair
from scaling_lab.analysis.stats.contrast import ENOUGH
from scaling_lab.analysis.stats.power import MOST, More
from scaling_lab.formatting import format_duration, format_interval, format_points, pluralize


def sentence(pair: Pair) -> str:
    """What can be said of a pair."""
    if pair.same:
        return f"{pair.first} and {pair.second} came to the same network: there is no difference to speak of."
    if pair.told_apart:
        return f"{pair.first} beats {pair.second} by {difference(pair)} points (p {p_value(pair)})."
    if pair.estimate is not None and pair.p is None:
        return f"{pair.first} is {difference(pair)} points above {pair.second}; no verdict is given."
    if pair.estimate is not None:
        settle = f"; {would(pair.more)}" if pair.more else ""
        return f"{pair.first} and {pair.second} are not told apart: {difference(pair)} points{settle}."
    if min(pair.seeds) >= ENOUGH:
        return (
            f"{pair.first} and {pair.second} differ by {format_points(pair.difference)} points; no seed differs: "
            f"no interval."
        )
    apart = format_points(pair.difference)
    above = f"is {apart} points above" if float(apart) else "is level, to 0.1 points, with"
    return f"{pair.first} {above} {pair.second} ({_seeds(pair)}): {_without_interval(pair)}."


def difference(pair: Pair) -> str:
    """`1.2 (0.6 ... 1.8)`, in points; without an interval `1.2`. Two digits where one would hide on which side 0 is."""
    if pair.estimate is None:
        return format_points(pair.difference)
    ends = pair.estimate.interval()
    digits = 2 if any(float(format_points(abs(end))) == 0 for end in ends) else 1
    return f"{format_points(pair.difference, digits)} {format_interval(ends, digits)}"


def p_value(pair: Pair) -> str:
    """`= 0.012` or `< 0.001`: Holm's p."""
    return "not tested" if pair.p is None else "< 0.001" if pair.p < 0.001 else f"= {pair.p:.2g}"


def would(missing: More | None) -> str:
    """What would settle a pair."""
    if missing is None:
        return ""
    if missing.seeds:
        took = f" ({format_duration(missing.seconds)} on one worker)" if missing.seconds else ""
        return f"about {pluralize(missing.seeds, 'more seed')} of each would tell a difference of that size{took}"
    if missing.pictures:
        enough = f"about {missing.pictures:,} test pictures would"
        return f"{MOST} more seeds would not tell a difference of that size, {enough}"
    return f"{MOST} more seeds would not tell a difference of that size"


def _without_interval(pair: Pair) -> str:
    if pair.spread is None:
        return "no interval can be given, and one seed says nothing about how much seeds differ"
    seen = f"what seeds of one rule alone differ by ({format_points(pair.spread)} points)"
    if pair.difference <= pair.spread:
        return f"no interval can be given; the difference lies within {seen}"
    return f"no interval can be given; the difference is larger than {seen}, but three seeds are needed for a verdict"


def _seeds(pair: Pair) -> str:
    first, second = pair.seeds
    return pluralize(first, "seed") if first == second else f"{first} and {second} seeds"
