"""Describe a pair of rules in sentences: the difference, its interval, the verdict, and the seeds needed."""

from scaling_lab.analysis.rule_pairs import RulePair
from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.analysis.stats.power import MAX_EXTRA_SEEDS, RequiredSeeds, SeedRange
from scaling_lab.formatting import format_duration, format_interval, format_points, pluralize


def describe_pair(pair: RulePair) -> str:
    """Return one sentence on a pair."""
    first, second = pair.first, pair.second
    if pair.is_same_network:
        return f"{first} and {second} led to the same network."
    if pair.estimate is not None:
        return _describe_tested(pair) if pair.p is not None else _describe_untested(pair)
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


def format_p_value(p: float | None) -> str:
    """Return a p value as `= 0.012` or `< 0.001`."""
    return "not tested" if p is None else "< 0.001" if p < 0.001 else f"= {p:.2g}"


def format_delta(delta: float) -> str:
    """Return a smallest difference that matters in points, with as many digits as it was given."""
    return f"{100 * delta:.6g}"


def describe_required_seeds(required: RequiredSeeds | None, delta: float | None) -> str:
    """Return a clause on the seeds that would decide about a pair; empty if there are none."""
    if required is None or delta is None:
        return ""
    apart, alike = (format_seed_range(each) for each in (required.apart, required.alike))
    time = f"; {format_duration(required.seconds)} on one worker for each" if required.seconds else ""
    return (
        f"{apart} more seeds of each would tell a difference of {format_delta(delta)} points apart, {alike} would find "
        f"no difference to be less than that{time}"
    )


def format_seed_range(seeds: SeedRange) -> str:
    """Return `6 to 20`, `6 to over 200` or `over 200`."""
    if seeds.low is None:
        return f"over {MAX_EXTRA_SEEDS}"
    if seeds.low == seeds.high:
        return str(seeds.low)
    return f"{seeds.low} to {seeds.high or f'over {MAX_EXTRA_SEEDS}'}"


def _describe_tested(pair: RulePair) -> str:
    first, second, difference = pair.first, pair.second, f"{format_difference(pair)} points"
    p, p_alike = f"p {format_p_value(pair.p)}", f"p {format_p_value(pair.p_alike)}"
    delta = "" if pair.delta is None else f"{format_delta(pair.delta)} points"
    if pair.is_significant:
        less = f", which is less than {delta} ({p_alike})" if pair.is_alike else ""
        return f"{first} beats {second} by {difference} ({p}){less}."
    if pair.is_alike:
        return f"{first} and {second} are alike within {delta}: {difference} ({p_alike})."
    if pair.delta is None:
        return f"{first} and {second} do not differ significantly: {difference}."
    required = describe_required_seeds(pair.required_seeds, pair.delta)
    numbers = "; ".join(filter(None, (difference, required)))
    return f"{first} and {second} are neither told apart nor alike within {delta}: {numbers}."


def _describe_untested(pair: RulePair) -> str:
    reason = "without a verdict" if pair.is_planned else "but this pair was not planned to be tested"
    return f"{pair.first} is {format_difference(pair)} points above {pair.second}, {reason}."


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
