"""Describe the sensitivity of verdicts to the learning rate in sentences."""

from dataclasses import replace

from scaling_lab.analysis.lr_sensitivity import LrSensitivity
from scaling_lab.analysis.text.comparisons import format_level
from scaling_lab.analysis.text.pairs import describe_pair
from scaling_lab.analysis.text.rule_names import name_pair
from scaling_lab.formatting import join_words


def describe_lr_sensitivity(result: LrSensitivity) -> list[str]:
    """Return sentences on the best learning rates, on verdicts that change, and on limits of the grid."""
    factors = ", ".join(f"{factor:g}" for factor in result.factors)
    best = join_words(f"{factor:g} for {rule}" for rule, factor in result.best_factors.items())
    sentences = [
        f"{format_level(result.at_recipe_lr)}: every rule was also trained at {factors} times the recipe's learning "
        f"rate. The best factors by held-out accuracy are {best}."
    ]
    is_noisy = [rule for rule, tuned in result.tuned.items() if set(tuned.by_seed.values()) != {tuned.best}]
    if is_noisy and any(pair.p is not None for pair in result.at_best_lr.pairs):
        sentences.append(
            f"The choice is noisy: without one of its seeds, {join_words(is_noisy)} would have another rate. Verdicts "
            "at the best rates hold whether the tested seeds choose or the others."
        )
    for pairs in result.changes:
        before, after = (
            describe_pair(name_pair(replace(pair, required_seeds=None), result.at_recipe_lr)) for pair in pairs
        )
        sentences.append(f"A verdict changes. At the recipe's learning rate: {before} At the best ones: {after}")
    if all(pair.p is None for pair in (*result.at_recipe_lr.pairs, *result.at_best_lr.pairs)):
        sentences.append("There is no verdict that could change.")
    elif not result.changes:
        sentences.append("With each rule at its best learning rate, no verdict changes.")
    if result.at_grid_edge:
        is_single = len(result.at_grid_edge) == 1
        rules = f"{join_words(result.at_grid_edge)} {'is' if is_single else 'are'}"
        sentences.append(
            f"The best learning {'rate' if is_single else 'rates'} of {rules} at the edge of the grid; a wider grid "
            f"might contain {'a better one' if is_single else 'better ones'}."
        )
    return sentences
