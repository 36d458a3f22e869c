"""Correction of p values for multiple tests."""

from collections.abc import Sequence


def adjust_p_values(p_values: Sequence[float]) -> list[float]:
    """Adjust p values for multiple tests by the method of Holm (1979).

    Returns:
        For each, the adjusted p, at most 1 and never below that of a smaller p.
    """
    adjusted, lowest = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        lowest = max(lowest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = lowest
    return adjusted
