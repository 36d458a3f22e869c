"""TinyNet's rule: depths and sides from a curve of published networks, widths solved for the budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt

from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import Rounding
from scaling_lab.networks.scaling.scale import Dimension, scale
from scaling_lab.validation import is_number


@dataclass(frozen=True)
class Shrinking:
    """Depth and side multipliers interpolated between knots, linearly in logarithms; width uses the remaining budget.

    Attributes:
        knots: Budget in times the FLOPs, depth multiplier and side multiplier, by growing budget. The last knot is the
            baseline.
    """

    knots: tuple[tuple[float, float, float], ...]

    @property
    def solved(self) -> Dimension:
        return "width"

    def multipliers(self, times_flops: float) -> Multipliers:
        """Return d and r on the curve, and w with d * w^2 * r^2 = times_flops.

        Raises:
            ValueError: The budget is above 1 or below the smallest knot.
        """
        if not self.knots[0][0] <= times_flops <= 1:
            raise ValueError(
                f"times_flops is {times_flops:g}; must be between {self.knots[0][0]:g} and 1 for this rule"
            )
        (low, *below), (high, *above) = next(pair for pair in pairwise(self.knots) if times_flops <= pair[1][0])
        at = log(times_flops / low) / log(high / low)
        d, r = (exp((1 - at) * log(a) + at * log(b)) for a, b in zip(below, above, strict=True))
        return Multipliers(d=d, w=sqrt(times_flops / d) / r, r=r)

    def network(self, baseline: Network, times_flops: float, rounding: Rounding) -> Network:
        return scale(baseline, self.multipliers(times_flops), rounding)


def shrinking(knots: Sequence[Sequence[float]]) -> Shrinking:
    """Return the rule through these knots and the baseline.

    Args:
        knots: Budget below 1, depth multiplier and side multiplier of each.

    Raises:
        ValueError: A knot is not three numbers above 0 with a budget below 1, or budgets are equal.
    """
    if not isinstance(knots, Sequence) or not all(isinstance(knot, Sequence) for knot in knots):
        raise ValueError(f"knots is {knots!r}; must be a list of lists of three numbers")
    for knot in knots:
        if len(knot) != 3 or not all(is_number(value) and value > 0 for value in knot) or knot[0] >= 1:
            raise ValueError(f"knot is {list(knot)}; must be a budget below 1, a depth and a side multiplier above 0")
    ordered = sorted((float(times), float(d), float(r)) for times, d, r in knots)
    if not ordered or any(low[0] == high[0] for low, high in pairwise(ordered)):
        raise ValueError(f"budgets of knots are {[knot[0] for knot in ordered]}; must be different and at least one")
    return Shrinking((*ordered, (1.0, 1.0, 1.0)))
