"""Headlines of comparisons: which rule has the highest mean, which ones it beats, or why there is no verdict."""

from collections.abc import Sequence

from scaling_lab.analysis.compare import MAX_COST_RATIO, RuleComparison
from scaling_lab.analysis.evidence import COST_NAMES
from scaling_lab.analysis.rule_pairs import RulePair
from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.analysis.text.metrics import format_delta, format_value
from scaling_lab.analysis.text.pairs import describe_pair, format_difference, format_p_value
from scaling_lab.analysis.text.rule_names import describe_off_rule, format_rule, name_pair, name_rule
from scaling_lab.formatting import TIMES, join_words, pluralize

MAX_LISTED_PAIRS = 4
"""Largest number of alike pairs that a headline names."""


def summarize_comparison(comparison: RuleComparison) -> str:
    """Return a headline: the rule with the highest mean, the rules that it beats, and those off their shares."""
    return " ".join(filter(None, (_summarize_pairs(comparison), describe_off_rule(comparison))))


def _summarize_pairs(comparison: RuleComparison) -> str:
    pairs = [pair for pair in comparison.pairs if not pair.is_same_network]
    if not pairs:
        return _explain_no_pairs(comparison)
    if all(pair.p is None for pair in pairs):
        return _explain_unequal_costs(comparison) or _explain_few_seeds(comparison)
    if comparison.options.contrasts:
        return _describe_planned([name_pair(pair, comparison) for pair in pairs if pair.p is not None])
    rules = join_words(format_rule(rule, comparison) for rule in list_distinct_rules(comparison))
    if all(pair.is_alike for pair in pairs):
        return f"No two of {rules} differ by more than {format_delta(pairs[0].delta or 0, comparison.metric)}."
    alike = _list_alike([name_pair(pair, comparison) for pair in pairs if pair.is_alike])
    if not any(pair.is_significant for pair in pairs):
        return f"No two of {rules} differ significantly.{alike}"
    return f"{_describe_leader(comparison, pairs)}{alike}"


def _describe_planned(pairs: Sequence[RulePair]) -> str:
    """Return a sentence for each pair with a verdict, then one that lists the others."""
    decided = [describe_pair(pair) for pair in pairs if pair.is_significant or pair.is_alike]
    undecided = [pair for pair in pairs if not (pair.is_significant or pair.is_alike)]
    if undecided:
        listed = "; ".join(
            f"{pair.first} and {pair.second}, {format_difference(pair)} {pair.metric.unit}{_corrected_p(pair)}"
            for pair in undecided
        )
        decided.append(f"Undecided: {listed}.")
    return " ".join(decided)


def _corrected_p(pair: RulePair) -> str:
    """Return the p value in brackets where the interval alone would tell the rules apart; empty elsewhere."""
    if pair.estimate is None:
        return ""
    low, high = pair.estimate.interval()
    return "" if low <= 0 <= high else f" (p {format_p_value(pair.p)} after correction)"


def _describe_leader(comparison: RuleComparison, pairs: Sequence[RulePair]) -> str:
    """Return a sentence on the rule with the highest mean, where at least one pair is told apart."""
    leader = find_leader(comparison)
    best = format_rule(leader, comparison)
    leading = [pair for pair in pairs if pair.first == leader]
    beaten = join_words(_format_margin(name_pair(pair, comparison)) for pair in leading if pair.is_significant)
    undecided = _list_undecided(leading, comparison)
    if not undecided:
        is_complete = not comparison.off_budget and not comparison.without_result
        is_every = is_complete and len(leading) > 1 and all(pair.is_significant for pair in leading)
        return f"{best} beats {'every other rule: ' if is_every else ''}{beaten}."
    if not beaten:
        other = describe_pair(name_pair(next(pair for pair in pairs if pair.is_significant), comparison))
        return f"{best} has {_best_mean(comparison)}; {undecided}. {other}"
    return f"{best} has {_best_mean(comparison)} and beats {beaten}; {undecided}."


def _best_mean(comparison: RuleComparison) -> str:
    metric = comparison.metric
    if metric.is_accuracy:
        return "the highest mean"
    return f"the {'lowest' if metric.is_loss else 'highest'} mean {metric.label}"


def _list_alike(pairs: Sequence[RulePair]) -> str:
    """Return a sentence on the pairs that are alike within delta, with a space before it; empty if there are none."""
    if not pairs:
        return ""
    delta = f"Alike within {format_delta(pairs[0].delta or 0, pairs[0].metric)}"
    if len(pairs) > MAX_LISTED_PAIRS:
        return f" {delta}: {len(pairs)} pairs."
    return f" {delta}: {'; '.join(f'{pair.first} and {pair.second}' for pair in pairs)}."


def find_leader(comparison: RuleComparison) -> str:
    """Return the rule with the highest mean.

    Raises:
        StopIteration: There are no rules.
    """
    lower = {pair.second for pair in comparison.pairs if not pair.is_same_network and pair.difference > 0}
    return next(rule for rule in list_distinct_rules(comparison) if rule not in lower)


def list_distinct_rules(comparison: RuleComparison) -> list[str]:
    """Return one rule for each network: the first of those that led to it."""
    twins = {pair.second for pair in comparison.pairs if pair.is_same_network}
    return [rule for rule in comparison.rules if rule not in twins]


def _list_undecided(pairs: Sequence[RulePair], comparison: RuleComparison) -> str:
    """Return a clause on the rules that the leader does not beat; empty if there are none."""
    open_ = [pair for pair in pairs if pair.p is not None and not pair.is_significant]
    level = [format_rule(pair.second, comparison) for pair in open_ if not pair.is_alike]
    untested = [name_rule(pair.second, comparison.shares) for pair in pairs if pair.p is None]
    clauses = []
    if level:
        clauses.append(f"{join_words(level)} {'does' if len(level) == 1 else 'do'} not differ significantly from it")
    if untested:
        clauses.append(f"{join_words(untested)} {'is' if len(untested) == 1 else 'are'} not tested")
    return "; ".join(clauses)


def _explain_no_pairs(comparison: RuleComparison) -> str:
    if not comparison.rules:
        return "Nothing to compare: no rule has a finished result here."
    if len(comparison.rules) > 1:
        return f"Nothing to compare: {join_words(comparison.rules)} led to the same network."
    return f"Nothing to compare: only {comparison.rules[0]} has a finished result here."


def _explain_unequal_costs(comparison: RuleComparison) -> str:
    """Return why costs that vary between seeds allow no verdict; empty if they do not vary too much."""
    if comparison.cost_ratio <= MAX_COST_RATIO:
        return ""
    return (
        f"No verdict: seeds of one network differ by up to {comparison.cost_ratio:.1f}{TIMES} in "
        f"{COST_NAMES[comparison.cost]}. The machine was probably busy, so the costs are not known to be equal."
    )


def _explain_few_seeds(comparison: RuleComparison) -> str:
    pairs = [pair for pair in comparison.pairs if not pair.is_same_network]
    seeds = min(min(pair.seeds) for pair in pairs)
    if seeds >= MIN_SEEDS:
        return "No verdict: all seeds agree, so there is no interval."
    unit, largest = comparison.metric.unit, max(pair.difference for pair in pairs)
    within = sum(pair.spread is not None and pair.difference <= pair.spread for pair in pairs)
    verb = "is" if within == 1 else "are"
    clause = f"; {within} of {pluralize(len(pairs), 'difference')} {verb} within the range over the seeds of one rule"
    return (
        f"No verdict: an interval needs {MIN_SEEDS} seeds of each rule, and there "
        f"{'is' if seeds == 1 else 'are'} {pluralize(seeds, 'seed')}. "
        f"The means differ by at most {format_value(largest, comparison.metric)} {unit}{clause if within else ''}."
    )


def _format_margin(pair: RulePair) -> str:
    return f"{pair.second} by {format_difference(pair)} {pair.metric.unit}"
