"""Comparisons in sentences that claim no more than seeds and test pictures allow."""

from collections.abc import Sequence

from scaling_lab.analysis.compare import MAX_COST_RATIO, RuleComparison, RulePair
from scaling_lab.analysis.evidence import COST_NAMES
from scaling_lab.analysis.stats.contrast import CONFIDENCE, MIN_SEEDS
from scaling_lab.analysis.stats.seed_correlation import SeedCorrelation
from scaling_lab.analysis.text.pairs import describe_pair, format_difference
from scaling_lab.formatting import MINUS, TIMES, format_magnitude, format_points, join_words, pluralize


def format_title(comparison: RuleComparison) -> str:
    """Where the rules are compared."""
    return f"{format_level(comparison)}; {comparison.setting}"


def format_level(comparison: RuleComparison) -> str:
    """Family and level: `efficientnet_b0_small at 2x the baseline's FLOPs`."""
    if comparison.cost == "flops":
        level = f"{comparison.level:g}{TIMES} the baseline's FLOPs (multiply-adds)"
    else:
        level = f"{format_cost(comparison.cost, comparison.level)}"
    return f"{comparison.setting.family} at {level}"


def format_cost(cost: str, level: float) -> str:
    """A level of a cost with its unit."""
    if cost == "latency":
        return f"{1000 * level:.3g} ms a picture"
    if cost == "train_seconds":
        return f"{level:.3g} s of training"
    return f"{format_magnitude(level)} {COST_NAMES[cost]}"


def summarize_comparison(comparison: RuleComparison) -> str:
    """Who is ahead, and of whom that can be said."""
    pairs = [pair for pair in comparison.pairs if not pair.is_same_network]
    if not pairs:
        return _nothing(comparison)
    if all(pair.p is None for pair in pairs):
        return _doubt(comparison) or _too_few(comparison)
    if not any(pair.is_significant for pair in pairs):
        rules = join_words(format_rule(rule, comparison) for rule in list_distinct_rules(comparison))
        return f"No two of {rules} are told apart."
    own = [pair for pair in pairs if pair.first == find_leader(comparison)]
    beaten = [pair for pair in own if pair.is_significant]
    level = [pair.second for pair in own if not pair.is_significant and pair.p is not None]
    untested = [pair.second for pair in own if pair.p is None]
    best = format_rule(find_leader(comparison), comparison)
    rest = []
    if level:
        rules = join_words(format_rule(rule, comparison) for rule in level)
        rest.append(f"{rules} {_is(level)} not told apart from it")
    if untested:
        rest.append(f"{join_words(untested)} {_is(untested)} not tested")
    if not rest:
        every = "" if len(beaten) == 1 or comparison.off_budget or comparison.without_result else "every other rule: "
        return f"{best} beats {every}{join_words(_by(pair) for pair in beaten)}."
    if not beaten:
        other = describe_pair(next(pair for pair in pairs if pair.is_significant))
        return f"{best} has the highest mean; {'; '.join(rest)}. {other}"
    return f"{best} has the highest mean and beats {join_words(_by(pair) for pair in beaten)}; {'; '.join(rest)}."


def find_leader(comparison: RuleComparison) -> str:
    """The rule with the highest mean. Raises StopIteration without rules."""
    lower = {pair.second for pair in comparison.pairs if not pair.is_same_network and pair.difference > 0}
    return next(rule for rule in list_distinct_rules(comparison) if rule not in lower)


def list_distinct_rules(comparison: RuleComparison) -> list[str]:
    """A rule for each network: the first of those that came to it."""
    twins = {pair.second for pair in comparison.pairs if pair.is_same_network}
    return [rule for rule in comparison.rules if rule not in twins]


def describe_comparison(comparison: RuleComparison) -> list[str]:
    """What can be said of each pair, what was left out, and how noisy one network's accuracy is."""
    said = [describe_pair(pair) for pair in comparison.pairs]
    tested = sum(pair.p is not None for pair in comparison.pairs)
    if tested:
        said.append(
            f"Brackets are {100 * CONFIDENCE:.0f} % intervals for other seeds and other test pictures; a verdict needs "
            f"p < {1 - CONFIDENCE:.2f} after Holm's correction for {pluralize(tested, 'pair')}."
        )
    if comparison.seed_correlation:
        said.append(describe_seed_correlation(comparison.seed_correlation))
    if comparison.off_budget and comparison.cost == "flops":
        said.append(
            "Left out, because the FLOPs (multiply-adds) got are off the budget by more than 2 % (5 % for a rule "
            f"without width): {join_words(comparison.off_budget)}."
        )
    elif comparison.off_budget:
        said.append(f"Not trained up to this cost: {join_words(comparison.off_budget)}.")
    if comparison.without_result:
        said.append(f"Without a finished result: {join_words(comparison.without_result)}.")
    if comparison.incomplete:
        few = join_words(f"{rule} {have} of {asked}" for rule, have, asked in comparison.incomplete)
        said.append(f"Fewer seeds have finished than were asked: {few}.")
    if comparison.sampling_error is not None:
        said.append(
            f"One network's accuracy on {comparison.test_images:,} test pictures has a standard error of "
            f"{100 * comparison.sampling_error:.1f} points from the choice of pictures alone."
        )
    return said


def describe_seed_correlation(pairing: SeedCorrelation) -> str:
    """Whether seeds go together."""
    told = f"The same seed in different networks goes together by r = {pairing.correlation:.2f}".replace("-", MINUS)
    if pairing.is_significant:
        return f"{told} (p = {pairing.p:.1g}): differences are taken seed by seed."
    return f"{told} (p = {pairing.p:.2g}): seeds are not paired."


def format_rule(rule: str, comparison: RuleComparison) -> str:
    """A rule and the others that came to the same network: `compound (= uniform)`."""
    twins = [pair.second for pair in comparison.pairs if pair.is_same_network and pair.first == rule]
    return f"{rule} (= {', '.join(twins)})" if twins else rule


def _is(words: Sequence[str]) -> str:
    return "is" if len(words) == 1 else "are"


def _nothing(comparison: RuleComparison) -> str:
    if not comparison.rules:
        return "No rule has a finished result here: nothing can be compared."
    if len(comparison.rules) > 1:
        return f"{join_words(comparison.rules)} came to the same network: there is nothing to compare it with."
    return f"Only {comparison.rules[0]} has a finished result here: there is nothing to compare it with."


def _doubt(comparison: RuleComparison) -> str:
    """Why costs that differ from seed to seed allow no verdict; empty where they do not."""
    if comparison.cost_ratio <= MAX_COST_RATIO:
        return ""
    return (
        f"No winner can be named: seeds of one network differ by up to {comparison.cost_ratio:.1f}{TIMES} in "
        f"{COST_NAMES[comparison.cost]}, so the machine was not quiet and nothing is surely equal."
    )


def _too_few(comparison: RuleComparison) -> str:
    open_ = [pair for pair in comparison.pairs if not pair.is_same_network]
    seeds = min(min(pair.seeds) for pair in open_)
    if seeds >= MIN_SEEDS:
        return "No seed differs from another: no interval can be given, and no winner be named."
    largest = max(pair.difference for pair in open_)
    inside = sum(pair.spread is not None and pair.difference <= pair.spread for pair in open_)
    of = pluralize(len(open_), "difference")
    verb = "lies" if len(open_) == 1 else "lie"
    within = f"; {inside} of {of} {verb} within what seeds of one rule alone differ by" if inside else ""
    return (
        f"No winner can be named: with {pluralize(seeds, 'seed')}, and fewer than {MIN_SEEDS}, no interval can be "
        f"given. The means differ by at most {format_points(largest)} points{within}."
    )


def _by(pair: RulePair) -> str:
    return f"{pair.second} by {format_difference(pair)} points"
