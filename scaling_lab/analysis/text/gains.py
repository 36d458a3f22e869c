"""Describe gains over the baseline in sentences."""

from collections.abc import Sequence

from scaling_lab.analysis.gains import BaselineGain, BudgetGains
from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.analysis.text.pairs import format_delta
from scaling_lab.formatting import TIMES, format_interval, format_points, join_words, pluralize


def format_gains_title(gains: BudgetGains) -> str:
    """Return the family, the budget and the setting."""
    return f"{gains.setting.family}, gain over the baseline at {gains.times_flops:g}{TIMES} its FLOPs; {gains.setting}"


def summarize_gains(gains: BudgetGains) -> str:
    """Return a headline: which rules are better than the baseline, which are worse, and which cannot be told."""
    better = [gain for gain in gains.gains if gain.is_gain]
    worse = [gain for gain in gains.gains if gain.is_loss]
    alike = [gain for gain in gains.gains if gain.pair.is_alike and not gain.pair.is_significant]
    untested = [gain for gain in gains.gains if gain.pair.p is None]
    rest = [gain for gain in gains.gains if not any(gain is one for one in (*better, *worse, *alike, *untested))]
    clauses = []
    if better:
        clauses.append(f"{_rules(better)} better than the baseline, by {_range(better)} points")
    if worse:
        clauses.append(f"{_rules(worse)} worse than the baseline, by {_range(worse)} points")
    if alike:
        clauses.append(f"{_rules(alike)} within {format_delta(gains.delta or 0)} points of the baseline")
    if rest:
        clauses.append(f"{_rules(rest)} not told apart from the baseline")
    if untested:
        differences = join_words(f"{format_rules(gain)} by {format_gain(gain)} points" for gain in untested)
        clauses.append(f"without a verdict, means differ from the baseline's: {differences}")
    text = "; ".join(clauses)
    return f"{text[:1].upper() if text.startswith('without') else text[:1]}{text[1:]}." if text else ""


def format_rules(gain: BaselineGain) -> str:
    """Return the rule with the others that led to the same network: `compound (= uniform)`."""
    first, *others = gain.rules
    return f"{first} (= {', '.join(others)})" if others else first


def format_gain(gain: BaselineGain) -> str:
    """Return a gain in points as `1.2 (0.6 ... 1.8)`, or `1.2` without an interval."""
    interval = gain.interval
    return format_points(gain.value) if interval is None else _format(gain.value, *interval)


def format_per_doubling(gain: BaselineGain) -> str:
    """Return the gain per doubling of FLOPs in points as `1.2 (0.6 ... 1.8)`; empty without an interval."""
    return _format(*gain.per_doubling) if gain.per_doubling else ""


def describe_gain_method(gains: BudgetGains) -> str:
    """Return a sentence on intervals and p values."""
    tested = sum(gain.pair.p is not None for gain in gains.gains)
    if not tested:
        return f"A verdict needs {MIN_SEEDS} seeds of the baseline and of the scaled network."
    return (
        "Brackets are 95 % intervals for other seeds and other test images; a verdict needs p < 0.05 after Holm's "
        f"correction for {pluralize(tested, 'rule')}. FLOPs (multiply-adds) are measured and differ by design."
    )


def _format(value: float, low: float, high: float) -> str:
    digits = 2 if any(float(format_points(abs(end))) == 0 for end in (low, high)) else 1
    return f"{format_points(value, digits)} {format_interval((low, high), digits)}"


def _rules(gains: Sequence[BaselineGain]) -> str:
    return f"{join_words(map(format_rules, gains))} {'is' if len(gains) == 1 else 'are'}"


def _range(gains: Sequence[BaselineGain]) -> str:
    if len(gains) == 1:
        (gain,) = gains
        low, high = sorted(abs(end) for end in gain.interval or (gain.value, gain.value))
        return _format(abs(gain.value), low, high)
    sizes = sorted(abs(gain.value) for gain in gains)
    return f"{format_points(sizes[0])} to {format_points(sizes[-1])}"
