"""Describe gains over the baseline in sentences."""

from collections.abc import Sequence

from scaling_lab.analysis.gains import BaselineGain, BudgetGains
from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.analysis.text.comparisons import describe_brackets
from scaling_lab.analysis.text.metrics import format_delta, format_value, format_with_interval
from scaling_lab.analysis.text.rule_names import format_same_network
from scaling_lab.formatting import TIMES, join_words, pluralize


def format_gains_title(gains: BudgetGains) -> str:
    """Return the family, the budget and the setting."""
    metrics = {gain.pair.metric.label for gain in gains.gains if not gain.pair.metric.is_accuracy}
    metric = "".join(f"; {label}" for label in metrics)
    budget = f"gain over the baseline at {gains.times_flops:g}{TIMES} its FLOPs"
    return f"{gains.setting.family}, {budget}; {gains.setting}{metric}"


def summarize_gains(gains: BudgetGains) -> str:
    """Return a headline: which rules are better than the baseline, which are worse, and which cannot be told."""
    better = [gain for gain in gains.gains if gain.is_gain]
    worse = [gain for gain in gains.gains if gain.is_loss]
    alike = [gain for gain in gains.gains if gain.pair.is_alike and not gain.pair.is_significant]
    untested = [gain for gain in gains.gains if gain.pair.p is None]
    rest = [gain for gain in gains.gains if not any(gain is named for named in (*better, *worse, *alike, *untested))]
    clauses = []
    if better:
        clauses.append(f"{_rules(better)} better than the baseline, by {_range(better)}")
    if worse:
        clauses.append(f"{_rules(worse)} worse than the baseline, by {_range(worse)}")
    if alike:
        clauses.append(f"{_rules(alike)} within {format_delta(gains.delta or 0, alike[0].pair.metric)} of the baseline")
    if rest:
        clauses.append(f"{_rules(rest)} not told apart from the baseline")
    if untested:
        unit = untested[0].pair.metric.unit
        differences = join_words(f"{format_rules(gain)} by {format_gain(gain)} {unit}" for gain in untested)
        clauses.append(f"without a verdict, means differ from the baseline's: {differences}")
    text = "; ".join(clauses)
    return f"{text[:1].upper() if text.startswith('without') else text[:1]}{text[1:]}." if text else ""


def format_rules(gain: BaselineGain) -> str:
    """Return the rule with its shares and the others that led to the same network: `compound (25/16/59; = uniform)`."""
    off = [rule for rule, shares in gain.shares.items() if shares.is_off]
    return format_same_network(gain.rules, gain.shares, off)


def format_gain(gain: BaselineGain) -> str:
    """Return a gain in points as `1.2 (0.6 ... 1.8)`, or `1.2` without an interval."""
    return format_with_interval(gain.value, gain.interval, gain.pair.metric)


def format_per_doubling(gain: BaselineGain) -> str:
    """Return the gain per doubling of FLOPs in points as `1.2 (0.6 ... 1.8)`; empty without an interval."""
    if gain.per_doubling is None:
        return ""
    value, low, high = gain.per_doubling
    return format_with_interval(value, (low, high), gain.pair.metric)


def describe_gain_method(gains: BudgetGains) -> str:
    """Return a sentence on intervals and p values."""
    tested = sum(gain.pair.p is not None for gain in gains.gains)
    if not tested:
        return f"A verdict needs {MIN_SEEDS} seeds of the baseline and of the scaled network."
    return (
        f"{describe_brackets(gains.gains[0].pair.metric)}; a verdict needs p < 0.05 after Holm's "
        f"correction for {pluralize(tested, 'rule')}. FLOPs (multiply-adds) are measured and differ by design."
    )


def _rules(gains: Sequence[BaselineGain]) -> str:
    return f"{join_words(map(format_rules, gains))} {'is' if len(gains) == 1 else 'are'}"


def _range(gains: Sequence[BaselineGain]) -> str:
    metric = gains[0].pair.metric
    if len(gains) == 1:
        (gain,) = gains
        low, high = sorted(abs(end) for end in gain.interval or (gain.value, gain.value))
        return f"{format_with_interval(abs(gain.value), (low, high), metric)} {metric.unit}"
    sizes = sorted(abs(gain.value) for gain in gains)
    return f"{format_value(sizes[0], metric)} to {format_value(sizes[-1], metric)} {metric.unit}"
