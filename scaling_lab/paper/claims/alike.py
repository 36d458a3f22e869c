"""Many scaling strategies give networks of similar accuracy: the rival of the claim that compound scaling is better.

Similar means within the delta of the study. All pairs of rules at a budget are tested, not only the planned contrasts.
That the networks' other properties vary widely needs no test: they are exact counts.
"""

from dataclasses import replace

from scaling_lab.analysis.compare import RuleComparison, compare_rules
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.rule_pairs import ALL_PAIRS, RulePair
from scaling_lab.analysis.stats.contrast import ALPHA
from scaling_lab.analysis.stats.holm import adjust_p_values
from scaling_lab.analysis.text.metrics import format_delta
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.formatting import pluralize
from scaling_lab.paper.claims.finding import FAILS, HOLDS, UNDECIDED, Claim, Judgement
from scaling_lab.paper.claims.measured import describe_budget, is_scaled_at_recipe_lr

MIN_NETWORKS = 3
"""Different networks at a budget from which strategies are numerous."""
MAX_LISTED = 3  # pairs in the evidence


def _published() -> list[Judgement]:
    """Return nothing: the paper's tables of accuracies could not be read."""
    return []


def _measured(evidence: Evidence, options: VerdictOptions = ALL_PAIRS) -> list[Judgement]:
    """Judge every family and budget above the baseline's."""
    comparisons = compare_rules(evidence, VerdictOptions(delta=options.delta))
    return [
        _at_budget(comparison, options.delta, describe_budget(comparison, evidence))
        for comparison in filter(is_scaled_at_recipe_lr, comparisons)
    ]


def _at_budget(comparison: RuleComparison, delta: float | None, where: str) -> Judgement:
    pairs = [pair for pair in comparison.pairs if not pair.is_same_network]
    if delta is None:
        return Judgement(where, UNDECIDED, "The study has no delta, the smallest difference of two rules that matters.")
    networks = {rule for pair in pairs for rule in (pair.first, pair.second)}
    if len(networks) < MIN_NETWORKS:
        compared = pluralize(len(networks), "compared network")
        return Judgement(where, UNDECIDED, f"{MIN_NETWORKS} different networks are needed; there are {compared}.")
    alike, beyond = [pair for pair in pairs if pair.is_alike], _find_beyond(pairs, delta)
    others = len(pairs) - len(alike) - len(beyond)
    named = [f"{pair.first} and {pair.second}" for pair in beyond]
    rest = [f"and {pluralize(len(named) - MAX_LISTED, 'other')}"] if len(named) > MAX_LISTED else []
    listed = ", ".join(named[:MAX_LISTED] + rest)
    within = format_delta(delta, comparison.metric)
    evidence = (
        f"Of {len(pairs)} pairs of rules at equal FLOPs (multiply-adds), {len(alike)} are alike within "
        f"{within}, {len(beyond)} differ by more{f' ({listed})' if beyond else ''}, and of "
        f"{others} neither can be told; each with Holm's correction over all pairs of the budget."
    )
    verdict = FAILS if beyond else HOLDS if len(alike) == len(pairs) else UNDECIDED
    return Judgement(where, verdict, evidence)


def _find_beyond(pairs: list[RulePair], delta: float) -> list[RulePair]:
    """Return the pairs that differ significantly by more than delta."""
    tested = [(pair, pair.estimate) for pair in pairs if pair.estimate]
    shifted = [replace(estimate, value=estimate.value - delta) for _, estimate in tested]
    adjusted = adjust_p_values([e.p / pair.look_part for (pair, _), e in zip(tested, shifted, strict=True)])
    return [
        pair
        for (pair, _), estimate, p in zip(tested, shifted, adjusted, strict=True)
        if pair.is_significant and estimate.value > 0 and p < ALPHA
    ]


ALIKE = Claim(
    name="alike",
    statement=(
        "In our experiments we show the surprising result that numerous scaling strategies yield networks with similar "
        "accuracy but with widely varying properties."
    ),
    source="Dollar, Singh and Girshick 2021, CVPR 2021 and arXiv 2103.06877, abstract",
    test=(
        "Holds at a budget if all pairs of at least three different networks are alike within the study's delta (two "
        "one-sided tests); does not hold if a pair differs by more than delta. The varying properties are not judged."
    ),
    judge_published=_published,
    judge_measured=_measured,
    needs_options=True,
)
