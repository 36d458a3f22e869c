"""Describe in sentences whether verdicts change with the length of training."""

from scaling_lab.analysis.lengths import LengthComparison, PairAtLength, PairOverLengths
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.analysis.text.metrics import format_with_interval
from scaling_lab.analysis.text.pairs import format_p_value
from scaling_lab.formatting import TIMES, join_words, pluralize

MAX_SENTENCES = 12
"""Largest number of pairs that are described one by one."""
MAX_NAMED = 6
"""Largest number of pairs that a headline names."""


def format_lengths_title(result: LengthComparison) -> str:
    """Return the family, the budget, the lengths and the setting."""
    lengths = join_words(map(str, result.epochs))
    return f"{result.setting.family} at {result.level:g}{TIMES} after {lengths} epochs; {result.setting}"


def summarize_lengths(result: LengthComparison) -> str:
    """Return a headline: how many verdicts are the same at all lengths, and which changes are significant."""
    tested = [pair for pair in result.pairs if all(at.pair.p is not None for at in pair.at)]
    lengths = join_words(map(str, result.epochs))
    if not tested:
        return f"No verdict at {lengths} epochs: it needs {MIN_SEEDS} seeds of each rule at each length."
    decided = [pair for pair in tested if any(at.winner for at in pair.at)]
    same = sum(len({at.winner for at in pair.at}) == 1 for pair in decided)
    other = sum(len({at.winner for at in pair.at} - {None}) > 1 for pair in decided)
    changed = [pair for pair in tested if any(at.change and at.change.is_significant for at in pair.at)]
    names = [f"{pair.first} and {pair.second}" for pair in changed[:MAX_NAMED]]
    if left := len(changed) - len(names):
        names.append(pluralize(left, "further pair"))
    change = f"The differences of {join_words(names)} change" if names else "No difference changes"
    counts = {
        "one winner at every length": same,
        "a winner at some lengths only": len(decided) - same - other,
        "another winner at another length": other,
        "no winner": len(tested) - len(decided),
    }
    parts = join_words(f"{number} {_have(number)} {what}" for what, number in counts.items() if number)
    return f"Of {pluralize(len(tested), 'pair')} at {lengths} epochs, {parts}. {change} significantly."


def describe_lengths(result: LengthComparison) -> list[str]:
    """Return one sentence per pair, those whose winner or difference changes first, and notes on the method."""
    ordered = sorted(result.pairs, key=lambda pair: not _is_changed(pair))
    sentences = [describe_pair_over_lengths(pair, result.metric) for pair in ordered[:MAX_SENTENCES]]
    if left := len(ordered) - len(sentences):
        sentences.append(f"{pluralize(left, 'further pair')} {_are(left)} in the exported table lengths.")
    if result.also_varied:
        sentences.append(f"With the epochs, {join_words(result.also_varied)} {_differ(len(result.also_varied))} too.")
    if result.tests:
        sentences.append(
            "Changes of differences are from the shortest training, on the same test images; p values are corrected by "
            f"Holm's method for {pluralize(result.tests, 'change')}. A pair that is told apart at one length only has "
            "not changed unless its change is significant."
        )
    return sentences


def describe_pair_over_lengths(pair: PairOverLengths, metric: Metric) -> str:
    """Return the difference at each length and its change: `a minus b: 1.2 (0.6 ... 1.8) points after 4 epochs ...`."""
    differences = join_words(
        f"{format_with_interval(at.value, at.interval, metric)} {metric.unit} after {at.epochs} epochs{_verdict(at)}"
        for at in pair.at
    )
    shortest, changes = pair.at[0].epochs, []
    for at in pair.at[1:]:
        if at.change and at.change.estimate and at.change.p is not None:
            estimate, p = at.change.estimate, format_p_value(at.change.p)
            value = format_with_interval(estimate.value, estimate.interval(), metric)
            verb = "changes" if at.change.is_significant else "does not change significantly"
            changes.append(f"from {shortest} to {at.epochs} epochs it {verb}: {value} (p {p})")
    return "; ".join([f"{pair.first} minus {pair.second}: {differences}", *changes]) + "."


def _verdict(at: PairAtLength) -> str:
    if at.pair.is_same_network:
        return " (same network)"
    return "" if at.pair.p is None else f" ({at.winner} wins)" if at.winner else " (not told apart)"


def _is_changed(pair: PairOverLengths) -> bool:
    is_significant = any(at.change and at.change.is_significant for at in pair.at)
    return is_significant or len({at.winner for at in pair.at}) > 1


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _differ(number: int) -> str:
    return "differs" if number == 1 else "differ"
