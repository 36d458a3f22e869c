"""The formula alpha^phi, beta^phi, gamma^phi compared with the released coefficients of B0 to B7."""

from dataclasses import dataclass, replace
from math import log

from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import PAPER
from scaling_lab.networks.scaling.scale import scale
from scaling_lab.paper.audit.formula import (
    LARGEST_PHI,
    compound_coefficients,
    formula_multipliers,
    released_coefficients,
)
from scaling_lab.paper.audit.reading_choices import SIDE_CHOICES
from scaling_lab.paper.audit.readings import baseline_network


@dataclass(frozen=True)
class FormulaStep:
    """One phi: the formula's network and the released one.

    Attributes:
        phi: 0 to 7.
        model: The released network of this number, such as EfficientNet-B1 for phi = 1.
        formula: The formula's multipliers.
        formula_sides: Side in pixels by how the formula's side is rounded (keys of `reading_choices.SIDE_CHOICES`).
        formula_flops: FLOPs relative to B0's by how the formula's side is rounded.
        released: The released multipliers.
        released_side: Side of the released network in pixels.
        released_flops: FLOPs of the released network relative to B0's.
    """

    phi: int
    model: str
    formula: Multipliers
    formula_sides: dict[str, int]
    formula_flops: dict[str, float]
    released: Multipliers
    released_side: int
    released_flops: float

    @property
    def implied_phi(self) -> dict[str, float]:
        """The phi that each released multiplier (d, w, r) and the released FLOPs (flops) correspond to."""
        coefficients = compound_coefficients()
        phis = {name: log(getattr(self.released, name)) / log(getattr(coefficients, name)) for name in ("d", "w", "r")}
        return phis | {"flops": log(self.released_flops) / log(unrounded_flops_factor())}


def unrounded_flops_factor() -> float:
    """Return the factor by which one step of phi multiplies FLOPs when nothing is rounded."""
    coefficients = compound_coefficients()
    return coefficients.d * coefficients.w**2 * coefficients.r**2


def formula_steps(family: str = "efficientnet_b0") -> list[FormulaStep]:
    """Compare phi = 0 to 7 with the released networks; depths and widths of both are rounded as in the paper."""
    start = baseline_network(family)
    start_flops = network_cost(start).flops
    steps = []
    for phi, coefficients in zip(range(LARGEST_PHI + 1), released_coefficients(), strict=True):
        formula = formula_multipliers(phi)
        networks = {
            name: replace(scale(start, formula, PAPER), side=round_side(start.side * formula.r))
            for name, round_side in SIDE_CHOICES.items()
        }
        released = Multipliers(coefficients.depth, coefficients.width, coefficients.side / start.side)
        released_network = scale(start, released, PAPER)
        steps.append(
            FormulaStep(
                phi=phi,
                model=coefficients.model,
                formula=formula,
                formula_sides={name: network.side for name, network in networks.items()},
                formula_flops={name: network_cost(network).flops / start_flops for name, network in networks.items()},
                released=released,
                released_side=released_network.side,
                released_flops=network_cost(released_network).flops / start_flops,
            )
        )
    return steps
