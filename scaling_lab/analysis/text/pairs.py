"""Describe a pair of rules in sentences: the difference, its interval, the verdict, and the required sample size."""

from scaling_lab.analysis.rule_pairs import RulePair
from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.analysis.stats.power import MAX_EXTRA_SEEDS, RequiredSample
from scaling_lab.formatting import format_duration, format_interval, format_points, pluralize


def describe_pair(pair: RulePair) -> str:
    """Return one sentence on a pair."""
    first, second = pair.first, pair.second
    if pair.is_same_network:
        return f"{first} and {second} led to the same network."
    if pair.is_significant:
        return f"{first} beats {second} by {format_difference(pair)} points (p {format_p_value(pair)})."
    if pair.estimate is not None and pair.p is None:
        return f"{first} is {format_difference(pair)} points above {second}, without a verdict."
    if pair.estimate is not None:
        required = f"; {describe_required_sample(pair.required_sample)}" if pair.required_sample else ""
        return f"{first} and {second} do not differ significantly: {format_difference(pair)} points{required}."
    points = format_points(pair.difference)
    if min(pair.seeds) >= MIN_SEEDS:
        return f"{first} and {second} differ by {points} points; all seeds agree, so there is no interval."
    above = f"is {points} points above" if float(points) else "equals, to 0.1 points,"
    return f"{first} {above} {second} ({_format_seeds(pair)}); {_explain_no_interval(pair)}."


def format_difference(pair: RulePair) -> str:
    """Return a difference in points as `1.2 (0.6 ... 1.8)`, or `1.2` without an interval.

    Two digits are used if one digit would hide on which side of 0 an end of the interval lies.
    """
    if pair.estimate is None:
        return format_points(pair.difference)
    ends = pair.estimate.interval()
    digits = 2 if any(float(format_points(abs(end))) == 0 for end in ends) else 1
    return f"{format_points(pair.difference, digits)} {format_interval(ends, digits)}"


def format_p_value(pair: RulePair) -> str:
    """Return the adjusted p value as `= 0.012` or `< 0.001`."""
    return "not tested" if pair.p is None else "< 0.001" if pair.p < 0.001 else f"= {pair.p:.2g}"


def describe_required_sample(required: RequiredSample | None) -> str:
    """Return a clause on the sample size that would make a difference significant; empty if there is none."""
    if required is None:
        return ""
    if required.extra_seeds:
        verb = "seed of each would" if required.extra_seeds == 1 else "seeds of each would"
        time = f" ({format_duration(required.seconds)} on one worker)" if required.seconds else ""
        return f"about {required.extra_seeds} more {verb} detect a difference of this size{time}"
    clause = f"{MAX_EXTRA_SEEDS} more seeds would not detect a difference of this size"
    return f"{clause}, but about {required.test_images:,} test images would" if required.test_images else clause


def _explain_no_interval(pair: RulePair) -> str:
    if pair.spread is None:
        return "with one seed each there is no interval, and the variation between seeds is unknown"
    spread = f"the range over the seeds of one rule ({format_points(pair.spread)} points)"
    if pair.difference <= pair.spread:
        return f"no interval; the difference is within {spread}"
    return f"no interval; the difference exceeds {spread}, but a verdict needs {MIN_SEEDS} seeds of each rule"


def _format_seeds(pair: RulePair) -> str:
    first, second = pair.seeds
    return pluralize(first, "seed") if first == second else f"{first} and {second} seeds"
