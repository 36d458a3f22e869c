"""The answer of a study in three sentences: which rule wins, whether scaling helps at all, and what this rests on."""

from collections import Counter
from collections.abc import Collection, Sequence

import pandas as pd

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.gains import BudgetGains
from scaling_lab.analysis.pooling.pool import MAX_BUDGET_RATIO
from scaling_lab.analysis.pooling.pooled_pair import PooledBudget
from scaling_lab.analysis.rule_pairs import RulePair
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.analysis.text.comparisons import format_level
from scaling_lab.analysis.text.gains import format_gain, format_rules
from scaling_lab.analysis.text.headlines import summarize_comparison
from scaling_lab.analysis.text.metrics import format_value
from scaling_lab.analysis.text.pairs import format_difference, format_p_value
from scaling_lab.analysis.text.pooled import format_pooled_mean
from scaling_lab.analysis.text.seed_counts import format_seed_counts
from scaling_lab.analysis.text.settings import list_setting_names
from scaling_lab.analysis.unlearned.at_chance import find_unlearned
from scaling_lab.formatting import TIMES, format_duration, join_words, pluralize
from scaling_lab.store.imported import UNKNOWN

MAX_LISTED_PAIRS = 3
"""Largest number of pairs of rules that the answer names with the number of settings."""


def summarize_study(study: StudyComparison, gains: Sequence[BudgetGains]) -> list[str]:
    """Return three sentences, or fewer where there is nothing to compare.

    Args:
        study: A study with at least one finished result.
        gains: Its gains over the baseline.
    """
    sentences = [_summarize_rules(study), _summarize_gains(gains), _summarize_basis(study.table)]
    return [sentence for sentence in sentences if sentence]


def summarize_budgets(budgets: Sequence[PooledBudget]) -> list[str]:
    """Return a sentence for each budget at which pairs of rules are tested over several settings."""
    return [_summarize_pooled(budget) for budget in filter(_is_tested, budgets)]


def _summarize_rules(study: StudyComparison) -> str:
    """Return which rules differ at the largest budget: over settings where pooled, otherwise in each setting."""
    comparisons = [comparison for comparison in study.budget_comparisons if comparison.pairs]
    if budget := max(filter(_is_tested, study.pooled), key=lambda budget: budget.level, default=None):
        pooled = _summarize_pooled(budget)
        if any(pair.is_significant for pair in budget.pairs):
            return pooled
        levels = (budget.level, budget.level * MAX_BUDGET_RATIO)
        own = [comparison for comparison in comparisons if levels[0] <= comparison.level <= levels[1]]
        return _summarize_settings(budget, own) or f"{pooled} Setting by setting: {_count_verdicts(own)}"
    if len(comparisons) == 1:
        return f"For {format_level(comparisons[0])}: {summarize_comparison(comparisons[0])}"
    return _count_verdicts(comparisons)


def _is_tested(budget: PooledBudget) -> bool:
    return any(pair.p is not None for pair in budget.pairs)


def _summarize_pooled(budget: PooledBudget) -> str:
    tested = [pair for pair in budget.pairs if pair.p is not None]
    apart = [pair for pair in tested if pair.is_significant]
    where = f"At {budget.level:g}{TIMES} the baseline's FLOPs, over {pluralize(budget.setting_count, 'setting')},"
    others = f"{len(tested) - len(apart)} of {pluralize(len(tested), 'tested pair')} of rules"
    if not apart:
        return f"{where} no tested pair of rules is told apart ({others} {_verb(len(tested))} open)."
    named = join_words(
        f"{pair.first} beats {pair.second} by {format_pooled_mean(pair)} {pair.metric.unit} "
        f"(p {format_p_value(pair.p)})"
        for pair in apart[:2]
    )
    more = f", and {pluralize(len(apart) - 2, 'more pair')} differ" if len(apart) > 2 else ""
    rest = f"; {others} {_verb(len(tested) - len(apart))} not told apart" if len(apart) < len(tested) else ""
    return f"{where} {named}{more}{rest}."


def _summarize_settings(budget: PooledBudget, comparisons: Sequence[RuleComparison]) -> str:
    """Return in how many settings which rule wins, where no pair is told apart over them; empty if none wins in any.

    Settings count that pooling counts: those where a rule is off its shares or repeats another are left out.

    Args:
        budget: Pairs over settings, none of them told apart.
        comparisons: The settings at this budget.
    """
    places = {(comparison.setting, comparison.level): comparison for comparison in comparisons}
    tested = [pair for pair in budget.pairs if pair.p is not None]
    wins = []
    for pooled in tested:
        own = [places[part.setting, part.level] for part in pooled.differences]
        pairs = [pair for comparison in own if (pair := comparison.find_pair(pooled.first, pooled.second))]
        if number := sum(pair.is_significant for pair in pairs):
            wins.append((number, _describe_settings(pairs, len(pooled.left_out))))
    if not wins:
        return ""
    wins.sort(key=lambda number_and_clause: -number_and_clause[0])
    named = "; ".join(clause for _, clause in wins[:MAX_LISTED_PAIRS])
    others = len(wins) - MAX_LISTED_PAIRS
    more = f"; {pluralize(others, 'more pair')} {_verb(others)} told apart in some settings" if others > 0 else ""
    none = "this pair is not" if len(tested) == 1 else f"none of the {len(tested)} tested pairs is"
    where = f"At {budget.level:g}{TIMES} the baseline's FLOPs"
    pooled_rules = {frozenset((pair.first, pair.second)) for pair in tested}
    return (
        f"{where}, {named}{more}. Over settings like these, {none} told apart."
        f"{_describe_unpooled(comparisons, pooled_rules)}"
    )


def _describe_settings(pairs: Sequence[RulePair], left_out: int) -> str:
    """Return a clause on two rules in several settings, in at least one of which they are told apart."""
    apart = [pair for pair in pairs if pair.is_significant]
    winner, wins = Counter(pair.first for pair in apart).most_common(1)[0]
    won = sorted((pair for pair in apart if pair.first == winner), key=lambda pair: pair.difference)
    lowest, highest = (format_value(pair.difference, pair.metric) for pair in (won[0], won[-1]))
    by = format_difference(won[0]) if wins == 1 else lowest if lowest == highest else f"{lowest} to {highest}"
    losses = f", and loses in {len(apart) - wins}" if wins < len(apart) else ""
    others = f" ({left_out} left out)" if left_out else ""
    where = f"in {wins} of {pluralize(len(pairs), 'setting')}{others}"
    return f"{winner} beats {won[0].second} {where}, by {by} {won[0].metric.unit}{losses}"


def _describe_unpooled(comparisons: Sequence[RuleComparison], pooled_rules: Collection[frozenset[str]]) -> str:
    """Return a sentence on the pairs told apart in a setting that are not tested over settings; empty without one."""
    apart = [
        (comparison, pair)
        for comparison in comparisons
        for pair in comparison.planned_pairs
        if pair.is_significant
        and frozenset((pair.first, pair.second)) not in pooled_rules
        and not {pair.first, pair.second} & set(comparison.off_rule)
    ]
    if not apart:
        return ""
    count = f"{pluralize(len(apart), 'pair')} {_verb(len(apart))} told apart"
    largest = _describe_largest(apart, comparisons)
    return f" Of the pairs not tested over settings, {count}; the largest difference is {largest}."


def _describe_largest(apart: Sequence[tuple[RuleComparison, RulePair]], comparisons: Sequence[RuleComparison]) -> str:
    """Return the pair with the largest difference, and where it was measured."""
    place, best = max(apart, key=lambda comparison_pair: comparison_pair[1].difference)
    name = list_setting_names(comparison.setting for comparison in comparisons)[place.setting]
    difference = f"{best.first} over {best.second} by {format_difference(best)} {best.metric.unit}"
    return f"{difference} ({format_level(place, name)})"


def _count_verdicts(comparisons: Sequence[RuleComparison]) -> str:
    if not comparisons:
        return "The study has no two rules at one budget with results, so no rule can be compared with another."
    pairs = [
        (comparison, pair) for comparison in comparisons for pair in comparison.planned_pairs if pair.p is not None
    ]
    if not pairs:
        return "No pair of rules has a verdict: an interval needs three seeds of each."
    apart = [(comparison, pair) for comparison, pair in pairs if pair.is_significant]
    planned = "planned " if any(comparison.options.contrasts for comparison in comparisons) else ""
    count = (
        f"{len(apart)} of {pluralize(len(pairs), f'{planned}pair')} of rules and budgets {_verb(len(apart))} told apart"
    )
    if not apart:
        return f"{count}."
    return f"{count}; the largest difference of these is {_describe_largest(apart, comparisons)}."


def _summarize_gains(gains: Sequence[BudgetGains]) -> str:
    """Return whether scaling by any rule beats the baseline."""
    every = [(budget, gain) for budget in gains for gain in budget.gains]
    if not every:
        return ""
    better = [(budget, gain) for budget, gain in every if gain.is_gain]
    count = f"Of {pluralize(len(every), 'scaled network')}, {len(better)} {_verb(len(better))} better than the baseline"
    if not better:
        return f"{count} beyond noise."
    budget, best = max(better, key=lambda budget_gain: budget_gain[1].value)
    return (
        f"{count}; the largest gain is {format_gain(best)} {best.pair.metric.unit}, of {format_rules(best)} at "
        f"{budget.times_flops:g}{TIMES} in {list_setting_names(group.setting for group in gains)[budget.setting]}."
    )


def _summarize_basis(table: pd.DataFrame) -> str:
    """Return how many points and seeds the answer rests on, and what they cost."""
    points = table.drop_duplicates("key")
    done = points[points["state"] == "done"]
    at_chance = int(find_unlearned(points).sum())
    count = format_seed_counts(table[table["state"] == "done"])
    seeds = "1 seed" if count == "1" else f"{count} seeds of each network" if " " in count else f"{count} seeds"
    seconds = pd.to_numeric(done["point_seconds"], errors="coerce").sum(min_count=1)
    chance = f", {at_chance} of them at chance" if at_chance else ""
    computing = "" if pd.isna(seconds) else f" in {format_duration(float(seconds))} of computing"
    return (
        f"This rests on {len(done)} of {pluralize(len(points), 'point')}{chance}, {seeds}, trained on "
        f"{describe_training(points)}{computing}; brackets are 95 % intervals, and not told apart does not mean alike."
    )


def describe_training(table: pd.DataFrame) -> str:
    """Return the data sets and recipes of a table, such as "cifar10 under the recipe short"."""
    data = ["an unknown data set" if name == UNKNOWN else str(name) for name in table["dataset"].unique()]
    recipes = [str(name) for name in table["recipe"].unique()]
    known = [name for name in recipes if name != UNKNOWN]
    named = [f"the recipe {join_words(known)}"] if known else []
    unknown = ["an unknown recipe"] if len(known) < len(recipes) else []
    return f"{join_words(data)} under {join_words([*named, *unknown])}"


def _verb(count: int) -> str:
    return "is" if count == 1 else "are"
