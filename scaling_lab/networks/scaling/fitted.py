"""A network with its obtained scaling, and the choice between several for one request."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from scaling_lab.networks.module_network import AnyNetwork
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.obtained import share_difference

TIE_TOLERANCE = 0.005
"""Fits whose largest differences of shares are equal within this are equally near; the FLOPs decide."""


@dataclass(frozen=True)
class FittedNetwork:
    """A network with its obtained scaling.

    Attributes:
        times_flops: Its FLOPs over the baseline's.
        obtained: Its blocks, sum of stage widths and side over the baseline's. Of a module, the growth of its layers
            and of their channels.
    """

    network: AnyNetwork
    times_flops: float
    obtained: Multipliers


def nearest_shares(
    fits: Sequence[FittedNetwork], requested: Multipliers, times_flops: float, tolerance: float
) -> FittedNetwork:
    """Return the fit on the budget whose shares are nearest to the requested ones; without any, the nearest to it.

    Shares that differ by less than `TIE_TOLERANCE` are equally near, and the FLOPs decide.
    """
    on_budget = [fitted for fitted in fits if deviation(fitted, times_flops) <= tolerance]
    nearest = min((share_distance(fitted, requested) for fitted in on_budget), default=inf)
    best = [fitted for fitted in on_budget if share_distance(fitted, requested) <= nearest + TIE_TOLERANCE]
    return min(best or fits, key=lambda fitted: deviation(fitted, times_flops))


def deviation(fitted: FittedNetwork, times_flops: float) -> float:
    """Return how far the FLOPs are from the budget, as a share of it."""
    return abs(fitted.times_flops / times_flops - 1)


def share_distance(fitted: FittedNetwork, requested: Multipliers) -> float:
    """Return the largest difference between an obtained and a requested share; 0 if none are requested."""
    if requested.shares is None:
        return 0.0
    return share_difference(requested.shares, fitted.obtained.shares) if fitted.obtained.shares else inf
