"""A pair of rules in words: the difference, its interval, the verdict, and what would settle it."""

from scaling_lab.analysis.compare import RulePair
from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.analysis.stats.power import MAX_EXTRA_SEEDS, RequiredSample
from scaling_lab.formatting import format_duration, format_interval, format_points, pluralize


def describe_pair(pair: RulePair) -> str:
    """What can be said of a pair."""
    if pair.is_same_network:
        return f"{pair.first} and {pair.second} came to the same network: there is no difference to speak of."
    if pair.is_significant:
        return f"{pair.first} beats {pair.second} by {format_difference(pair)} points (p {format_p_value(pair)})."
    if pair.estimate is not None and pair.p is None:
        return f"{pair.first} is {format_difference(pair)} points above {pair.second}; no verdict is given."
    if pair.estimate is not None:
        settle = f"; {describe_required_sample(pair.required_sample)}" if pair.required_sample else ""
        return f"{pair.first} and {pair.second} are not told apart: {format_difference(pair)} points{settle}."
    if min(pair.seeds) >= MIN_SEEDS:
        by = format_points(pair.difference)
        return f"{pair.first} and {pair.second} differ by {by} points; no seed differs: no interval."
    apart = format_points(pair.difference)
    above = f"is {apart} points above" if float(apart) else "is level, to 0.1 points, with"
    return f"{pair.first} {above} {pair.second} ({_seeds(pair)}): {_without_interval(pair)}."


def format_difference(pair: RulePair) -> str:
    """`1.2 (0.6 ... 1.8)`, in points; without an interval `1.2`. Two digits where one would hide on which side 0 is."""
    if pair.estimate is None:
        return format_points(pair.difference)
    ends = pair.estimate.interval()
    digits = 2 if any(float(format_points(abs(end))) == 0 for end in ends) else 1
    return f"{format_points(pair.difference, digits)} {format_interval(ends, digits)}"


def format_p_value(pair: RulePair) -> str:
    """`= 0.012` or `< 0.001`: Holm's p."""
    return "not tested" if pair.p is None else "< 0.001" if pair.p < 0.001 else f"= {pair.p:.2g}"


def describe_required_sample(missing: RequiredSample | None) -> str:
    """What would settle a pair."""
    if missing is None:
        return ""
    if missing.extra_seeds:
        took = f" ({format_duration(missing.seconds)} on one worker)" if missing.seconds else ""
        return f"about {pluralize(missing.extra_seeds, 'more seed')} of each would tell a difference of that size{took}"
    if missing.test_images:
        enough = f"about {missing.test_images:,} test pictures would"
        return f"{MAX_EXTRA_SEEDS} more seeds would not tell a difference of that size, {enough}"
    return f"{MAX_EXTRA_SEEDS} more seeds would not tell a difference of that size"


def _without_interval(pair: RulePair) -> str:
    if pair.spread is None:
        return "no interval can be given, and one seed says nothing about how much seeds differ"
    seen = f"what seeds of one rule alone differ by ({format_points(pair.spread)} points)"
    if pair.difference <= pair.spread:
        return f"no interval can be given; the difference lies within {seen}"
    return f"no interval can be given; the difference is larger than {seen}, but three seeds are needed for a verdict"


def _seeds(pair: RulePair) -> str:
    first, second = pair.seeds
    return pluralize(first, "seed") if first == second else f"{first} and {second} seeds"
