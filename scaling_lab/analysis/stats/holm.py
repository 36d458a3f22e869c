"""Correction of p values for multiple tests, and decisions from corrected ones."""

from collections.abc import Sequence

from scaling_lab.analysis.stats.contrast import ALPHA


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


class AdjustedTests:
    """Decisions of a pair from its adjusted p values."""

    p: float | None
    p_alike: float | None

    @property
    def is_significant(self) -> bool:
        """Whether the pair is told apart: its adjusted p value is below 0.05."""
        return self.p is not None and self.p < ALPHA

    @property
    def is_alike(self) -> bool:
        """Whether the rules differ significantly by less than delta."""
        return self.p_alike is not None and self.p_alike < ALPHA
