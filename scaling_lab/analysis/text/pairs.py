"""Describe a pair of rules in sentences: the difference, its interval, the verdict, and the seeds needed."""

from scaling_lab.analysis.metrics import ACCURACY, Metric
from scaling_lab.analysis.rule_pairs import RulePair
from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.analysis.stats.power import MAX_EXTRA_SEEDS, RequiredSeeds, SeedRange
from scaling_lab.analysis.text.metrics import format_delta, format_value, format_with_interval
from scaling_lab.formatting import format_duration, pluralize


def describe_pair(pair: RulePair) -> str:
    """Return one sentence on a pair."""
    first, second = pair.first, pair.second
    if pair.is_same_network:
        return f"{first} and {second} led to the same network."
    if pair.estimate is not None:
        return _describe_tested(pair) if pair.p is not None else _describe_untested(pair)
    value, unit = format_value(pair.difference, pair.metric), pair.metric.unit
    if min(pair.seeds) >= MIN_SEEDS:
        return f"{first} and {second} differ by {value} {unit}; all seeds agree, so there is no interval."
    side, least = "below" if pair.metric.is_loss else "above", f"{10 ** -(1 + pair.metric.digits):g}"
    above = f"is {value} {unit} {side}" if float(value) else f"equals, to {least} {unit},"
    return f"{first} {above} {second} ({_format_seeds(pair)}); {_explain_no_interval(pair)}."


def format_difference(pair: RulePair) -> str:
    """Return a difference in the metric's unit as `1.2 (0.6 ... 1.8)`, or `1.2` without an interval."""
    interval = pair.estimate.interval() if pair.estimate else None
    return format_with_interval(pair.difference, interval, pair.metric)


def format_p_value(p: float | None) -> str:
    """Return a p value as `= 0.012` or `< 0.001`."""
    return "not tested" if p is None else "< 0.001" if p < 0.001 else f"= {p:.2g}"


def format_p_cell(p: float | None) -> str:
    """Return a p value for a cell of a table: `0.012` or `< 0.001`."""
    return format_p_value(p).removeprefix("= ")


def describe_required_seeds(required: RequiredSeeds | None, delta: float | None, metric: Metric = ACCURACY) -> str:
    """Return a clause on the seeds that would decide about a pair; empty if there are none."""
    if required is None or delta is None:
        return ""
    apart, alike = (format_seed_range(seed_range) for seed_range in (required.apart, required.alike))
    time = f"; one seed of each takes {format_duration(required.seconds)} on one worker" if required.seconds else ""
    return (
        f"{apart} more seeds of each would tell them apart if they differ by {format_delta(delta, metric)}, {alike} "
        f"would show them to be alike if they are equal{time}"
    )


def format_seed_range(seeds: SeedRange) -> str:
    """Return `6 to 20`, `6 to over 200` or `over 200`."""
    if seeds.low is None:
        return f"over {MAX_EXTRA_SEEDS}"
    if seeds.low == seeds.high:
        return str(seeds.low)
    return f"{seeds.low} to {seeds.high or f'over {MAX_EXTRA_SEEDS}'}"


def _describe_tested(pair: RulePair) -> str:
    first, second, difference = pair.first, pair.second, f"{format_difference(pair)} {pair.metric.unit}"
    p, p_alike = f"p {format_p_value(pair.p)}", f"p {format_p_value(pair.p_alike)}"
    delta = "" if pair.delta is None else format_delta(pair.delta, pair.metric)
    if pair.is_significant:
        less = f", which is less than {delta} ({p_alike})" if pair.is_alike else ""
        return f"{first} beats {second} by {difference} ({p}){less}."
    if pair.is_alike:
        return f"{first} and {second} are alike within {delta}: {difference} ({p_alike})."
    if pair.delta is None:
        return f"{first} and {second} do not differ significantly: {difference}."
    required = describe_required_seeds(pair.required_seeds, pair.delta, pair.metric)
    numbers = "; ".join(filter(None, (difference, required)))
    return f"{first} and {second} are neither told apart nor alike within {delta}: {numbers}."


def _describe_untested(pair: RulePair) -> str:
    reason = "without a verdict" if pair.is_planned else "but this pair was not planned to be tested"
    side = "below" if pair.metric.is_loss else "above"
    return f"{pair.first} is {format_difference(pair)} {pair.metric.unit} {side} {pair.second}, {reason}."


def _explain_no_interval(pair: RulePair) -> str:
    if pair.spread is None:
        return "with one seed each there is no interval, and the variation between seeds is unknown"
    spread = f"the range over the seeds of one rule ({format_value(pair.spread, pair.metric)} {pair.metric.unit})"
    if pair.difference <= pair.spread:
        return f"no interval; the difference is within {spread}"
    return f"no interval; the difference exceeds {spread}, but a verdict needs {MIN_SEEDS} seeds of each rule"


def _format_seeds(pair: RulePair) -> str:
    first, second = pair.seeds
    return pluralize(first, "seed") if first == second else f"{first} and {second} seeds"
