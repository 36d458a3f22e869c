"""Rules as shares of a budget: with FLOPs ~ depth * width^2 * resolution^2, the exponents of d, w^2 and r^2."""

from dataclasses import dataclass
from math import isclose, log

from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import MAX_MULTIPLIER, Multipliers, ShareValues
from scaling_lab.networks.scaling.rounding import Rounding
from scaling_lab.networks.scaling.scale import Dimension, scale
from scaling_lab.validation import is_number


@dataclass(frozen=True)
class Shares:
    """Shares of depth, width and resolution in the logarithm of the FLOPs factor.

    Raises:
        ValueError: One is negative, or they do not add up to 1.
    """

    depth: float
    width: float
    resolution: float

    def __post_init__(self) -> None:
        shares = {"depth": self.depth, "width": self.width, "resolution": self.resolution}
        for name, share in shares.items():
            if not is_number(share) or share < 0:
                raise ValueError(f"{name} share is {share!r}; must be a number >= 0")
        if not isclose(sum(shares.values()), 1, abs_tol=1e-6):
            raise ValueError(f"shares {shares} add up to {sum(shares.values()):g}; must add up to 1")

    @property
    def values(self) -> ShareValues:
        """Shares of depth, width and resolution."""
        return self.depth, self.width, self.resolution

    @property
    def solved(self) -> Dimension:
        return "width" if self.width > 0 else "depth" if self.depth > 0 else "resolution"

    def multipliers(self, times_flops: float) -> Multipliers:
        """Return d, w, r with d * w^2 * r^2 = times_flops."""
        return Multipliers(
            d=times_flops**self.depth, w=times_flops ** (self.width / 2), r=times_flops ** (self.resolution / 2)
        )

    def network(self, baseline: Network, times_flops: float, rounding: Rounding) -> Network:
        return scale(baseline, self.multipliers(times_flops), rounding)


def compound(alpha: float, beta: float, gamma: float) -> Shares:
    """Return the paper's alpha^phi, beta^phi, gamma^phi as shares in proportion to ln alpha, 2 ln beta, 2 ln gamma.

    Args:
        alpha: Base of the depth multiplier. Likewise `beta` of width and `gamma` of resolution.

    Raises:
        ValueError: One is below 1, or all are 1.
    """
    for name, value in (("alpha", alpha), ("beta", beta), ("gamma", gamma)):
        if not is_number(value) or not 1 <= value <= MAX_MULTIPLIER:
            raise ValueError(f"{name} is {value!r}; must be a number from 1 to {MAX_MULTIPLIER:g}")
    if max(alpha, beta, gamma) == 1:
        raise ValueError("alpha, beta and gamma are all 1; at least one must be above 1")
    logs = (log(alpha), 2 * log(beta), 2 * log(gamma))
    depth, width, resolution = (part / sum(logs) for part in logs)
    return Shares(depth, width, resolution)


def fast(alpha: float) -> Shares:
    """Return the shares of fast compound scaling (Dollar et al. 2021, arXiv 2103.06877, section 5).

    Args:
        alpha: Share of width; depth and resolution get half of the rest each. 1 is width alone, 1/3 is uniform, 0 is
            depth and resolution, 0.8 is the paper's fast compound scaling.

    Raises:
        ValueError: alpha is not from 0 to 1.
    """
    if not is_number(alpha) or not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha!r}; must be a number from 0 to 1")
    return Shares((1 - alpha) / 2, alpha, (1 - alpha) / 2)
