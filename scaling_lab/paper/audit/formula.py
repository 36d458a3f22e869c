"""The paper's compound coefficients alpha, beta and gamma, and the coefficients released for B0 to B7 instead."""

from dataclasses import dataclass
from functools import cache

from scaling_lab.config import registry
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.paper import tables

LARGEST_PHI = 7


@dataclass(frozen=True)
class ReleasedCoefficients:
    """Coefficients of one EfficientNet in the released code. side: in pixels."""

    model: str
    width: float
    depth: float
    side: int


def compound_coefficients() -> Multipliers:
    """Return alpha, beta and gamma of the paper, as conf/rule/compound.yaml has them."""
    rule = registry.read_yaml("rule", "compound")
    return Multipliers(rule["alpha"], rule["beta"], rule["gamma"])


def formula_multipliers(phi: float) -> Multipliers:
    """Return alpha, beta and gamma to the power of phi."""
    coefficients = compound_coefficients()
    return Multipliers(coefficients.d**phi, coefficients.w**phi, coefficients.r**phi)


@cache
def released_coefficients() -> tuple[ReleasedCoefficients, ...]:
    """Return the released coefficients of EfficientNet-B0 to -B7, from Table 2 and the released code."""
    table = tables.read_published_table("table2")
    efficientnets = table[(table["kind"] == "efficientnet") & table["version"].str.startswith("arXiv")]
    efficientnets = efficientnets[["model", "width_coeff", "depth_coeff", "resolution"]].drop_duplicates()
    return tuple(
        ReleasedCoefficients(str(model), float(width), float(depth), int(side))
        for model, width, depth, side in efficientnets.itertuples(index=False, name=None)
    )
