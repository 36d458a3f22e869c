"""Describe comparisons in sentences that claim no more than seeds and test images support."""

from collections.abc import Sequence

from scaling_lab.analysis.compare import MAX_COST_RATIO, RuleComparison
from scaling_lab.analysis.evidence import COST_NAMES
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.rule_pairs import RulePair
from scaling_lab.analysis.stats.contrast import CONFIDENCE, MIN_SEEDS
from scaling_lab.analysis.stats.power import POWER, RANGE_CONFIDENCE
from scaling_lab.analysis.stats.seed_correlation import SeedCorrelation
from scaling_lab.analysis.text.at_budget import describe_moves
from scaling_lab.analysis.text.looks import describe_looks
from scaling_lab.analysis.text.metrics import format_delta, format_value
from scaling_lab.analysis.text.pairs import describe_pair, format_difference
from scaling_lab.analysis.text.rule_names import OFF_RULE, describe_off_rule, format_rule, name_pair, name_rule
from scaling_lab.formatting import MINUS, TIMES, format_magnitude, join_words, pluralize
from scaling_lab.networks.scaling.obtained import MAX_SHARE_DIFFERENCE

MAX_LISTED_PAIRS = 4
"""Largest number of alike pairs that a headline names."""


def format_title(comparison: RuleComparison) -> str:
    """Return the level and setting of a comparison."""
    metric = "" if comparison.metric.has_answers else f"; {comparison.metric.label}"
    return f"{format_level(comparison)}; {comparison.setting}{metric}"


def format_level(comparison: RuleComparison) -> str:
    """Return the family and level as `efficientnet_b0_small at 2x the baseline's FLOPs (multiply-adds)`."""
    if comparison.cost == "flops":
        level = f"{comparison.level:g}{TIMES} the baseline's FLOPs (multiply-adds)"
    else:
        level = format_cost(comparison.cost, comparison.level)
    return f"{comparison.setting.family} at {level}"


def format_cost(cost: str, level: float) -> str:
    """Return a level of a cost with its unit."""
    if cost == "latency":
        return f"{1000 * level:.3g} ms per image"
    if cost == "train_seconds":
        return f"{level:.3g} s of training"
    return f"{format_magnitude(level)} {COST_NAMES[cost]}"


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
        return " ".join(describe_pair(name_pair(pair, comparison)) for pair in pairs if pair.p is not None)
    rules = join_words(format_rule(rule, comparison) for rule in list_distinct_rules(comparison))
    if all(pair.is_alike for pair in pairs):
        return f"No two of {rules} differ by more than {format_delta(pairs[0].delta or 0, comparison.metric)}."
    alike = _list_alike([name_pair(pair, comparison) for pair in pairs if pair.is_alike])
    if not any(pair.is_significant for pair in pairs):
        return f"No two of {rules} differ significantly.{alike}"
    return f"{_describe_leader(comparison, pairs)}{alike}"


def _describe_leader(comparison: RuleComparison, pairs: Sequence[RulePair]) -> str:
    """Return a sentence on the rule with the highest mean, where at least one pair is told apart."""
    leader = find_leader(comparison)
    best = format_rule(leader, comparison)
    leading = [pair for pair in pairs if pair.first == leader]
    beaten = join_words(_format_margin(name_pair(pair, comparison)) for pair in leading if pair.is_significant)
    undecided = _list_undecided(leading, comparison)
    if not undecided:
        is_complete = not comparison.off_budget and not comparison.without_result
        return f"{best} beats {'every other rule: ' if len(leading) > 1 and is_complete else ''}{beaten}."
    if not beaten:
        other = describe_pair(name_pair(next(pair for pair in pairs if pair.is_significant), comparison))
        return f"{best} has {_best_mean(comparison)}; {undecided}. {other}"
    return f"{best} has {_best_mean(comparison)} and beats {beaten}; {undecided}."


def _best_mean(comparison: RuleComparison) -> str:
    metric = comparison.metric
    if metric.has_answers:
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


def describe_comparison(comparison: RuleComparison) -> list[str]:
    """Return a sentence for each pair, then notes on the intervals, the rules left out, and the sampling error."""
    sentences = [describe_pair(name_pair(pair, comparison)) for pair in comparison.pairs]
    tested = sum(pair.p is not None for pair in comparison.pairs)
    if tested:
        sentences.append(
            f"{describe_brackets(comparison.metric)}; a verdict needs p < {1 - CONFIDENCE:.2f} after Holm's correction "
            f"for {pluralize(tested, 'pair')}."
        )
        sentences += describe_looks(comparison)
        sentences += _describe_delta(comparison)
    if comparison.shares:
        sentences.append(
            "Numbers behind a rule are its obtained shares of depth, width and resolution in percent; "
            f"{OFF_RULE} marks a network that is more than {100 * MAX_SHARE_DIFFERENCE:.0f} off a requested share, "
            "which is not this rule."
        )
    if comparison.seed_correlation:
        sentences.append(describe_seed_correlation(comparison.seed_correlation))
    sentences += describe_moves(comparison)
    if comparison.off_budget and comparison.cost == "flops":
        sentences.append(
            "Left out because their FLOPs (multiply-adds) are off the budget by more than 2 % (5 % for a rule without "
            f"width): {join_words(comparison.off_budget)}."
        )
    elif comparison.off_budget:
        sentences.append(f"Not trained up to this cost: {join_words(comparison.off_budget)}.")
    if comparison.without_result:
        sentences.append(f"Without a finished result: {join_words(comparison.without_result)}.")
    if comparison.incomplete:
        rules = join_words(f"{rule} {done} of {requested}" for rule, done, requested in comparison.incomplete)
        sentences.append(f"Not all requested seeds are finished: {rules}.")
    if comparison.sampling_error is not None:
        sentences.append(
            f"The choice of {_count_images(comparison)} alone gives the accuracy of one network a standard "
            f"error of {100 * comparison.sampling_error:.1f} points."
        )
    return sentences


def describe_brackets(metric: Metric) -> str:
    """Return a clause on what intervals are for."""
    if metric.has_answers:
        return f"Brackets are {100 * CONFIDENCE:.0f} % intervals for other seeds and other test images"
    return (
        f"Brackets are {100 * CONFIDENCE:.0f} % intervals of the difference in {metric.label} for other seeds and the "
        "same test images (Welch's t), because it is not recorded for each image"
    )


def _describe_delta(comparison: RuleComparison) -> list[str]:
    """Return a sentence on what alike means, or how to find out what is."""
    delta = comparison.options.delta
    if delta is not None:
        points = format_delta(delta, comparison.metric)
        return [
            f"Alike: the rules differ by less than delta, {points} (two one-sided tests, p < {1 - CONFIDENCE:.2f} "
            "after Holm's correction). Seeds needed hold for the lowest and the highest noise in its "
            f"{100 * RANGE_CONFIDENCE:.0f} % range, for a verdict in {100 * POWER:.0f} % of repetitions."
        ]
    if all(pair.is_significant or pair.p is None for pair in comparison.pairs):
        return []
    return [
        "Not told apart does not mean alike. With the smallest difference that matters to you, in points, "
        "`scaling-lab compare --delta POINTS` says which rules are alike and how many seeds would decide."
    ]


def _count_images(comparison: RuleComparison) -> str:
    images = f"{comparison.test_images:,} test images"
    return images if comparison.clusters is None else f"{images} in {comparison.clusters:,} clusters"


def describe_seed_correlation(correlation: SeedCorrelation) -> str:
    """Return a sentence on the correlation of seeds between networks, and on whether pairs are compared by seed."""
    text = f"The same seed in different networks correlates with r = {correlation.correlation:.2f}".replace("-", MINUS)
    if correlation.is_significant:
        return f"{text} (p = {correlation.p:.1g}), so rules are compared seed by seed."
    return f"{text} (p = {correlation.p:.2g}), so rules are not compared seed by seed."


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
