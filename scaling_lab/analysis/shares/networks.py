"""The different networks at one budget, with the shares of depth, width and resolution that they obtained."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.evidence import Arm
from scaling_lab.analysis.obtained_scaling import OBTAINED_SHARES


@dataclass(frozen=True, eq=False)
class MeasuredNetwork:
    """A network at the budget, the rules that led to it, and its depth, width and resolution share."""

    rules: tuple[str, ...]
    shares: tuple[float, float, float]
    cell: Cell

    @property
    def accuracy(self) -> float:
        """Mean over seeds, 0 to 1."""
        return float(self.cell.accuracy.mean())


def collect_networks(arms: Sequence[Arm]) -> tuple[MeasuredNetwork, ...]:
    """Return the different networks on the budget, each once, from the rule that gave it the most seeds."""
    networks: dict[str, MeasuredNetwork] = {}
    for arm in arms:
        if arm.cell is None or not arm.is_on_budget:
            continue
        shares = tuple(arm.cell.obtained[name] for name in OBTAINED_SHARES)
        if not np.isfinite(shares).all():
            continue
        known = [key for key in arm.cell.keys if key in networks]
        before = networks[known[0]] if known else MeasuredNetwork((), (0.0, 0.0, 0.0), arm.cell)
        cell = max(before.cell, arm.cell, key=lambda cell: len(cell.seeds))
        rules = tuple(dict.fromkeys([*before.rules, arm.rule]))
        network = MeasuredNetwork(rules, (shares[0], shares[1], shares[2]), cell)
        networks |= dict.fromkeys([*before.cell.keys, *arm.cell.keys], network)
    return tuple(dict.fromkeys(networks.values()))
