"""Describe the rules whose FLOPs miss the budget in sentences."""

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.formatting import TIMES, join_words


def describe_moves(comparison: RuleComparison) -> list[str]:
    """Return sentences on the rules whose FLOPs miss the budget."""
    ratios = {rule: f"{rule} ({ratio:.3f}{TIMES})" for rule, ratio in comparison.flops_ratios.items()}
    moved = [text for rule, text in ratios.items() if rule not in comparison.not_moved]
    sentences = []
    if moved:
        sentences.append(
            "Accuracies are moved to the budget along the slope between two networks of the rule; obtained FLOPs "
            f"(multiply-adds) over the budget: {join_words(moved)}."
        )
    if comparison.moved_by_two:
        sentences.append(
            f"The slopes of {join_words(comparison.moved_by_two)} come from two budgets alone. Where accuracy bends "
            "between them, such as where it stops to rise, moving by them can make a difference; a budget beyond this "
            "one gives the slope here."
        )
    if comparison.not_moved:
        sentences.append(
            f"Not moved to the budget, as there is no baseline or other budget with {MIN_SEEDS} seeds: "
            f"{join_words(ratios[rule] for rule in comparison.not_moved)}."
        )
    return sentences
