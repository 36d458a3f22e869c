"""The effect of the learning rate on verdicts as sentences."""

from dataclasses import replace

from scaling_lab.analysis.lr_sensitivity import LrSensitivity
from scaling_lab.analysis.text.comparisons import format_level
from scaling_lab.analysis.text.pairs import describe_pair
from scaling_lab.formatting import join_words


def describe_lr_sensitivity(found: LrSensitivity) -> list[str]:
    """Whether a verdict would change, and how far the grid can tell."""
    tried = ", ".join(f"{factor:g}" for factor in found.factors)
    chosen = join_words(f"{rule} {factor:g}" for rule, factor in found.best_factors.items())
    said = [
        f"{format_level(found.at_recipe_lr)}: every rule was also trained at {tried} times the recipe's learning rate. "
        f"Best by held-out accuracy: {chosen}."
    ]
    for before, after in found.changes:
        one, other = (describe_pair(replace(pair, required_sample=None)) for pair in (before, after))
        said.append(f"A verdict changes. At the recipe's own: {one} Each at its best: {other}")
    if all(pair.p is None for pair in (*found.at_recipe_lr.pairs, *found.at_best_lr.pairs)):
        said.append("No verdict could be given, so none can change.")
    elif not found.changes:
        said.append("With each rule at its best learning rate no verdict changes.")
    if found.at_grid_edge:
        verb = (
            "is at the edge of the grid: a wider one"
            if len(found.at_grid_edge) == 1
            else "are at its edge: a wider grid"
        )
        said.append(f"The best of {join_words(found.at_grid_edge)} {verb} might find a better one.")
    return said
