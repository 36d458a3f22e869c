"""What the networks of a table obtained: whether their FLOPs are on the budget, and their shares."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scaling_lab.networks.scaling.fit import TOLERANCE, TOLERANCE_WITHOUT_WIDTH
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.obtained import ObtainedShares, match_shares

OBTAINED_SHARES = ("depth_share", "width_share", "resolution_share")
OBTAINED_COLUMNS = ("times_flops_got", "d_got", "w_got", "r_got", *OBTAINED_SHARES)


def find_on_budget(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Return whether each row's obtained FLOPs are the requested ones: within 2 %, or 5 % for a rule without width."""
    no_width = rows["w"].isna() | (rows["w"] == 1)
    tolerance = no_width.map({True: TOLERANCE_WITHOUT_WIDTH, False: TOLERANCE}).astype(float)
    return (rows["times_flops_got"].astype(float) / rows["times_flops"].astype(float) - 1).abs() <= tolerance + 1e-9


def find_shares(columns: dict[str, NDArray[Any]], row: int) -> ObtainedShares | None:
    """Return the shares of a row's network; None where the table has no obtained shares or no requested multipliers."""
    names = ("d", "w", "r", *OBTAINED_SHARES)
    numbers = np.array([columns[name][row] for name in names], dtype=float)  # None becomes NaN
    if not np.isfinite(numbers).all():
        return None
    d, w, r, depth, width, resolution = map(float, numbers)
    return match_shares(Multipliers(d, w, r), (depth, width, resolution))
