"""Decide whether a network is the one that its rule requests, by its shares of depth, width and resolution."""

from dataclasses import dataclass

from scaling_lab.networks.scaling.multipliers import Multipliers, ShareValues

MAX_SHARE_DIFFERENCE = 0.1
"""Largest difference between a requested and an obtained share at which a network still is its rule's."""


@dataclass(frozen=True)
class ObtainedShares:
    """Shares of depth, width and resolution of a network, as its rule requests them and after rounding."""

    requested: ShareValues
    obtained: ShareValues

    @property
    def difference(self) -> float:
        """Largest difference between a requested and an obtained share."""
        return share_difference(self.requested, self.obtained)

    @property
    def is_off(self) -> bool:
        """Whether the network is not its rule's: a share differs by more than `MAX_SHARE_DIFFERENCE`."""
        return self.difference > MAX_SHARE_DIFFERENCE + 1e-9


def share_difference(requested: ShareValues, obtained: ShareValues) -> float:
    """Return the largest difference between a requested and an obtained share."""
    return max(abs(a - b) for a, b in zip(requested, obtained, strict=True))


def match_shares(requested: Multipliers, obtained: ShareValues | None) -> ObtainedShares | None:
    """Return the requested and obtained shares of a network.

    Returns:
        None for the baseline, and for multipliers that do not split a budget, where a requested share is negative.
    """
    if requested.shares is None or obtained is None or min(requested.shares) < -1e-9:
        return None
    return ObtainedShares(requested.shares, obtained)
