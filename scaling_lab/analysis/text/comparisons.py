"""Describe comparisons in sentences that claim no more than seeds and test images support."""

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.evidence import COST_NAMES
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.stats.contrast import CONFIDENCE
from scaling_lab.analysis.stats.power import POWER, RANGE_CONFIDENCE
from scaling_lab.analysis.stats.seed_correlation import PAIRING_ALPHA, SeedCorrelation
from scaling_lab.analysis.text.at_budget import describe_moves
from scaling_lab.analysis.text.looks import describe_looks
from scaling_lab.analysis.text.metrics import format_delta
from scaling_lab.analysis.text.pairs import describe_pair
from scaling_lab.analysis.text.rule_names import OFF_RULE, name_pair
from scaling_lab.formatting import MINUS, TIMES, format_magnitude, join_words, pluralize
from scaling_lab.networks.scaling.obtained import MAX_SHARE_DIFFERENCE


def format_title(comparison: RuleComparison) -> str:
    """Return the level and setting of a comparison."""
    metric = "" if comparison.metric.is_accuracy else f"; {comparison.metric.label}"
    return f"{format_level(comparison)}; {comparison.setting}{metric}"


def format_level(comparison: RuleComparison, name: str | None = None) -> str:
    """Return the family and level as `efficientnet_b0_small at 2x the baseline's FLOPs (multiply-adds)`.

    Args:
        comparison: The comparison.
        name: Name of its setting in place of that of its family.
    """
    if comparison.cost == "flops":
        level = f"{comparison.level:g}{TIMES} the baseline's FLOPs (multiply-adds)"
    else:
        level = format_cost(comparison.cost, comparison.level)
    return f"{name or comparison.setting.family} at {level}"


def format_cost(cost: str, level: float) -> str:
    """Return a level of a cost with its unit."""
    if cost == "latency":
        return f"{1000 * level:.3g} ms per image"
    if cost == "train_seconds":
        return f"{level:.3g} s of training"
    return f"{format_magnitude(level)} {COST_NAMES[cost]}"


def describe_comparison(comparison: RuleComparison) -> list[str]:
    """Return a sentence for each pair, then notes on the intervals, the rules left out, and the sampling error."""
    sentences = [describe_pair(name_pair(pair, comparison)) for pair in comparison.pairs]
    sentences += describe_comparison_method(comparison)
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


def describe_comparison_method(comparison: RuleComparison) -> list[str]:
    """Return sentences on intervals, p values, looks, delta and the numbers behind rules."""
    sentences: list[str] = []
    tested = sum(pair.p is not None for pair in comparison.pairs)
    if tested:
        sentences.append(
            f"{describe_brackets(comparison.metric)}; a verdict needs p < {1 - CONFIDENCE:.2f} after Holm's correction "
            f"for {pluralize(tested, 'pair')}."
        )
        sentences += describe_looks(comparison)
        sentences += _describe_delta(comparison)
    if comparison.shares and comparison.pairs:
        mark = (
            f"; {OFF_RULE} marks a network that is more than {100 * MAX_SHARE_DIFFERENCE:.0f} off a requested share, "
            "which is not this rule"
        )
        sentences.append(
            "Numbers behind a rule are its obtained shares of depth, width and resolution in percent"
            f"{mark if comparison.off_rule else ''}."
        )
    return sentences


def describe_unplanned(comparison: RuleComparison) -> str:
    """Return a clause on how many pairs are no planned contrast; empty if none are."""
    others = len(comparison.pairs) - len(comparison.planned_pairs)
    if not others:
        return ""
    return f"{pluralize(others, 'further pair')} {'is' if others == 1 else 'are'} no planned contrast and not tested"


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
            "after Holm's correction). Extra seeds: of each rule, to tell rules that differ by delta apart, or to find "
            f"equal rules alike, in {100 * POWER:.0f} % of repetitions; a range, because the noise is known within its "
            f"{100 * RANGE_CONFIDENCE:.0f} % range only."
        ]
    if all(pair.is_significant or pair.p is None for pair in comparison.pairs):
        return []
    return [
        "Not told apart does not mean alike. Give scaling-lab compare the smallest difference that matters to you, "
        "--delta POINTS, to see which rules are alike and how many more seeds would decide."
    ]


def _count_images(comparison: RuleComparison) -> str:
    images = f"{comparison.test_images:,} test images"
    return images if comparison.clusters is None else f"{images} in {comparison.clusters:,} clusters"


def describe_seed_correlation(correlation: SeedCorrelation) -> str:
    """Return a sentence on the correlation of seeds between networks, and on whether pairs are compared by seed."""
    text = f"The same seed in different networks correlates with r = {correlation.correlation:.2f}".replace("-", MINUS)
    if correlation.is_significant:
        return f"{text} (p = {correlation.p:.1g}), so rules are compared seed by seed."
    return f"{text} (p = {correlation.p:.2g}, not below {PAIRING_ALPHA:g}), so rules are not compared seed by seed."
