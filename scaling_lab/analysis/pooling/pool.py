"""Pool the verdicts on two rules over settings: families, data sets and recipes, of one study or of several.

At each budget, the differences of a pair of rules in all settings are summarised by a random-effects model
(`stats.random_effects`): their mean, how much the settings differ, and what to expect of a new setting. Budgets within
1 % of each other are one, because each difference is moved to its own budget (`at_budget`). Settings where a network is
off its rule are left out, as are those without an interval.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from math import prod, sqrt

import numpy as np
from scipy.special import stdtrit

from scaling_lab.analysis.compare import RuleComparison, compare_rules
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.length_groups import without_length
from scaling_lab.analysis.pooling.covariance import covariance_of_differences
from scaling_lab.analysis.pooling.differences import LeftOut, SettingDifference, find_difference, leave_out_repeated
from scaling_lab.analysis.pooling.pooled_pair import PooledBudget, PooledPair
from scaling_lab.analysis.rule_pairs import ALL_PAIRS
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import CONFIDENCE, VarianceTerm, satterthwaite_freedom
from scaling_lab.analysis.stats.holm import adjust_p_values
from scaling_lab.analysis.stats.looks import FIRST_SHARE
from scaling_lab.analysis.stats.random_effects import fit_random_effects
from scaling_lab.analysis.verdict_options import VerdictOptions

MAX_BUDGET_RATIO = 1.01
"""Budgets of different settings that differ by less are one."""


def pool_evidence(evidence: Evidence, options: VerdictOptions = ALL_PAIRS) -> list[PooledBudget]:
    """Pool the comparisons of one study at the learning rates of its recipes, as `pool_comparisons`."""
    return pool_comparisons(compare_rules(evidence.at_recipe_lr(), options), options)


def pool_comparisons(
    comparisons: Iterable[RuleComparison],
    options: VerdictOptions = ALL_PAIRS,
    study_of: Callable[[Setting], Hashable] = lambda _: None,
) -> list[PooledBudget]:
    """Pool comparisons at equal FLOPs over settings, at each budget that at least two have, lengths of training aside.

    Args:
        comparisons: One for each setting and budget.
        options: Which pairs are tested, and which difference matters.
        study_of: Returns the study of a setting; the looks at one study are counted once.
    """
    pooled = []
    for group in _match_budgets(comparisons):
        if len({without_length(comparison.setting) for comparison in group}) > 1:
            pairs = _pool_pairs(group, options, study_of)
            settings = tuple(comparison.setting for comparison in group)
            pooled.append(PooledBudget(group[0].level, settings, pairs, options))
    return pooled


def _match_budgets(comparisons: Iterable[RuleComparison]) -> list[list[RuleComparison]]:
    """Return the comparisons at each budget, lowest first; of two within 1 % in one setting, the lower one."""
    groups: list[dict[Setting, RuleComparison]] = []
    level = 0.0
    for comparison in sorted(comparisons, key=lambda at_budget: at_budget.level):
        if not groups or comparison.level > level * MAX_BUDGET_RATIO:
            groups.append({})
            level = comparison.level
        groups[-1].setdefault(comparison.setting, comparison)
    return [list(group.values()) for group in groups]


def _pool_pairs(
    group: Sequence[RuleComparison], options: VerdictOptions, study_of: Callable[[Setting], Hashable]
) -> tuple[PooledPair, ...]:
    rules = list(dict.fromkeys(rule for comparison in group for rule in comparison.rules))
    pairs = []
    for first, second in combinations(rules, 2):
        measured = [find_difference(comparison, first, second) for comparison in group]
        parts = leave_out_repeated(filter(None, measured), (first, second))
        differences = tuple(part for part in parts if isinstance(part, SettingDifference))
        left_out = tuple(part for part in parts if isinstance(part, LeftOut))
        if len(differences) + len(left_out) > 1:
            planned = options.is_planned((first,), (second,))
            metric = next(
                (comparison.metric for comparison in group if not comparison.metric.has_answers), group[0].metric
            )
            pair = PooledPair(first, second, differences, left_out, None, is_planned=planned, metric=metric)
            pairs.append(_summarize(replace(pair, delta=options.delta)))
    tested = _test_pairs(pairs, study_of)
    return tuple(sorted(tested, key=lambda pair: (pair.effect is None, not pair.is_planned)))


def _summarize(pair: PooledPair) -> PooledPair:
    """Return the pair with its summary, the rule with the higher mean first; as it is with fewer than two settings."""
    if len(pair.differences) < 2:
        return pair
    values = np.array([difference.value for difference in pair.differences])
    covariance = covariance_of_differences(pair.differences)
    freedoms = np.array([difference.estimate.freedom for difference in pair.differences])
    effect = fit_random_effects(values, covariance, freedoms)
    here = _mean_of_these(pair.differences, float(covariance.sum()))
    if effect.value >= 0:
        return replace(pair, effect=effect, here=here)
    mean, low, high = here
    return replace(
        pair,
        first=pair.second,
        second=pair.first,
        differences=tuple(replace(difference, value=-difference.value) for difference in pair.differences),
        effect=replace(effect, value=-effect.value),
        here=(-mean, -high, -low),
    )


def _mean_of_these(differences: Sequence[SettingDifference], total: float) -> tuple[float, float, float]:
    """Return the plain mean of differences whose covariances add up to `total`, and its interval for these settings."""
    seeds = [term for difference in differences for term in difference.estimate.seeds]
    images = max(0.0, total - sum(term.variance for term in seeds))
    count = min(difference.estimate.image_count for difference in differences)
    freedom = satterthwaite_freedom([*seeds, VarianceTerm(images, count - 1)])
    half_width = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * sqrt(total) / len(differences)
    mean = float(np.mean([difference.value for difference in differences]))
    return mean, mean - half_width, mean + half_width


def _test_pairs(pairs: Sequence[PooledPair], study_of: Callable[[Setting], Hashable]) -> list[PooledPair]:
    """Return the pairs with p values, corrected for looks and by Holm's method over the pairs with a summary."""
    tested = list(pairs)
    places = [place for place, pair in enumerate(pairs) if pair.effect and pair.is_planned]
    effects = [effect for place in places if (effect := pairs[place].effect)]
    parts = [_look_part(pairs[place].differences, study_of) for place in places]
    for place, p in zip(places, _adjust([effect.p for effect in effects], parts), strict=True):
        tested[place] = replace(tested[place], p=p)
    delta = next((pair.delta for pair in pairs), None)
    if delta is not None:
        alike = _adjust([effect.p_alike(delta) for effect in effects], parts)
        for place, p in zip(places, alike, strict=True):
            tested[place] = replace(tested[place], p_alike=p)
    return tested


def _adjust(p_values: Sequence[float], parts: Sequence[float]) -> list[float]:
    return adjust_p_values([min(1.0, p / part) if part else 1.0 for p, part in zip(p_values, parts, strict=True)])


def _look_part(differences: Sequence[SettingDifference], study_of: Callable[[Setting], Hashable]) -> float:
    """Return the part of the error rate of the present look at all studies together.

    A look at several studies has the first look's part, times that of each study relative to its first look: along any
    sequence of looks these parts add up to 1 at most.
    """
    by_study: dict[Hashable, float] = {}
    for difference in differences:
        study = study_of(difference.setting)
        by_study[study] = min(difference.look_part, by_study.get(study, 1.0))
    return FIRST_SHARE * prod(part / FIRST_SHARE for part in by_study.values())
