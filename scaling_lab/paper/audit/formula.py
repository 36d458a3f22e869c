"""The paper's formula, and the table of coefficients that was released in its place."""

from functools import cache

import pandas as pd

from scaling_lab.config import registry
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.paper import tables

LARGEST_PHI = 7


def formula() -> Multipliers:
    """alpha, beta and gamma of the paper, as the rule `compound` has them."""
    rule = registry.read_yaml("rule", "compound")
    return Multipliers(rule["alpha"], rule["beta"], rule["gamma"])


def to_the(phi: float) -> Multipliers:
    """alpha, beta and gamma to the power of phi."""
    one = formula()
    return Multipliers(one.d**phi, one.w**phi, one.r**phi)


@cache
def released() -> pd.DataFrame:
    """EfficientNet-B0 to -B7: model, width_coeff, depth_coeff and resolution of the released code."""
    table = tables.read_published_table("table2")
    own = table[(table["kind"] == "efficientnet") & table["version"].str.startswith("arXiv")]
    return own[["model", "width_coeff", "depth_coeff", "resolution"]].drop_duplicates().astype({"resolution": int})
