"""The formula alpha^phi, beta^phi, gamma^phi against the released coefficients of B0 to B7."""

from dataclasses import dataclass, replace
from math import log

from scaling_lab.networks.costs.cost import cost
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import PAPER
from scaling_lab.networks.scaling.scale import scale
from scaling_lab.paper.audit.formula import LARGEST_PHI, formula, released, to_the
from scaling_lab.paper.audit.reading_choices import SIDES
from scaling_lab.paper.audit.readings import baseline


@dataclass(frozen=True)
class Step:
    """One phi: what the formula asks for, what was released under that number, and FLOPs of both in times B0's.

    asked_sides, asked_times: the side in pixels and the FLOPs by how the formula's side is rounded.
    """

    phi: int
    model: str
    asked: Multipliers
    asked_sides: dict[str, int]
    asked_times: dict[str, float]
    released: Multipliers
    released_side: int
    released_times: float

    @property
    def implied(self) -> dict[str, float]:
        """The phi that each released coefficient would be, and that of the released FLOPs."""
        one = formula()
        phis = {name: log(getattr(self.released, name)) / log(getattr(one, name)) for name in ("d", "w", "r")}
        return phis | {"flops": log(self.released_times) / log(ideal())}


def ideal() -> float:
    """Times the FLOPs of one step of the formula, were nothing rounded."""
    one = formula()
    return one.d * one.w**2 * one.r**2


def steps(family: str = "efficientnet_b0") -> list[Step]:
    """phi = 0 to 7; depths and widths of both sides rounded as in the paper."""
    start = baseline(family)
    spent = cost(start).flops
    found = []
    for phi, one in zip(range(LARGEST_PHI + 1), released().itertuples(), strict=True):
        power = to_the(phi)
        asked = {
            name: replace(scale(start, power, PAPER), side=near(start.side * power.r)) for name, near in SIDES.items()
        }
        given = Multipliers(float(one.depth_coeff), float(one.width_coeff), int(one.resolution) / start.side)
        made = scale(start, given, PAPER)
        found.append(
            Step(
                phi=phi,
                model=str(one.model),
                asked=power,
                asked_sides={name: network.side for name, network in asked.items()},
                asked_times={name: cost(network).flops / spent for name, network in asked.items()},
                released=given,
                released_side=made.side,
                released_times=cost(made).flops / spent,
            )
        )
    return found
