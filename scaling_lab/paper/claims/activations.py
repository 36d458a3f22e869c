"""Activations predict latency better than FLOPs do.

What predicts is a straight line in logarithms, and how well is R2, the share of the variance of log seconds that it
explains. The difference of both R2 has a 95 % interval by bootstrap. Networks of one family are alike, so families are
drawn, not networks. Within families: every logarithm less its family's mean, which asks whether the networks of one
family, as scaled from one baseline, follow activations. Dollar's networks are convolutional; timm's table also holds
transformers. Its pictures a second are of batches.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scaling_lab.analysis.evidence import Evidence
from scaling_lab.formatting import format_estimate as signs
from scaling_lab.paper.claims.finding import FAILS, HOLDS, UNTOLD, Judged
from scaling_lab.paper.claims.printed import MACHINES
from scaling_lab.paper.tables import read_published_table

NAME = "activations"
STATEMENT = "The number of activations predicts how long a network takes better than its FLOPs do."
SOURCE = "Dollar, Singh and Girshick 2021, arXiv 2103.06877, abstract"

NETWORKS = 8
"""Networks, or families to draw, below which nothing is said."""
DRAWS = 4000
SEED = 2103
STEM = r"^(?:tf_|legacy_|gc_)?([a-z]+)"
"""The letters that an architecture's name in timm begins with: its family."""


@dataclass(frozen=True)
class Fits:
    """R2 of activations, of FLOPs, and the 95 % interval of the first less the second; units: what was drawn."""

    activations: float
    flops: float
    low: float
    high: float
    units: int


def fits(rows: pd.DataFrame, within: bool = False) -> Fits:
    """Of columns seconds, activations, flops and family (what is drawn)."""
    logs = np.log(rows[["seconds", "activations", "flops"]].to_numpy(dtype=float))
    _, unit = np.unique(rows["family"].to_numpy(dtype=str), return_inverse=True)
    count = int(unit.max()) + 1
    if within:
        sizes = np.bincount(unit)
        logs = logs - np.stack([np.bincount(unit, logs[:, k]) / sizes for k in range(3)], axis=1)[unit]
    columns = np.column_stack([np.ones(len(logs)), logs - logs.mean(axis=0)])
    moments = np.zeros((count, 4, 4))
    np.add.at(moments, unit, columns[:, :, None] * columns[:, None, :])
    draws = np.random.default_rng(SEED).multinomial(count, np.full(count, 1 / count), DRAWS)
    whole = _r2(moments.sum(axis=0)[None])[0]
    drawn = _r2(np.tensordot(draws, moments, axes=1))
    low, high = np.nanquantile(drawn[:, 0] - drawn[:, 1], [0.025, 0.975])
    return Fits(float(whole[0]), float(whole[1]), float(low), float(high), count)


def _r2(moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """R2 of the second and third variable for the first, from sums of products with a constant first."""
    mean = moments[:, 0, :] / moments[:, :1, 0]
    spread = moments / moments[:, :1, :1] - mean[:, :, None] * mean[:, None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.float64] = spread[:, 1, 2:] ** 2 / (spread[:, 1, 1, None] * spread[:, [2, 3], [2, 3]])
    return found


def published() -> list[Judged]:
    """timm's networks on a GPU and on a processor, all together and within families."""
    return [
        _judged(f"timm, {machine}, {'within families' if within else 'all networks'}", _timm(column, within), within)
        for column, machine in MACHINES.items()
        for within in (False, True)
    ]


def _timm(column: str, within: bool) -> pd.DataFrame:
    """One row an architecture and side; within: those of families that have two or more."""
    table = read_published_table("networks").dropna(subset=[column]).drop_duplicates(["arch", "resolution"])
    rows = pd.DataFrame(
        {
            "seconds": 1 / table[column],
            "activations": table["mactivations"],
            "flops": table["gmacs"],
            "family": table["arch"].str.extract(STEM)[0],
        }
    )
    return rows[rows.groupby("family")["seconds"].transform("size") > 1] if within else rows


def measured(evidence: Evidence) -> list[Judged]:
    """One finding for all networks of the table, each once."""
    found: dict[tuple[object, ...], tuple[float, float, float, str]] = {}
    for arm in evidence.arms:
        if arm.cell and all(name in arm.cell.costs for name in ("latency", "activations", "flops")):
            costs = arm.cell.costs
            network = (arm.setting.family, costs["flops"], costs["activations"], costs.get("params"))
            found.setdefault(network, (costs["latency"], costs["activations"], costs["flops"], arm.setting.family))
    if len(found) < NETWORKS:
        said = f"{NETWORKS} networks with measured seconds of one picture are needed; the table has {len(found)}."
        return [Judged("all networks of the table", UNTOLD, said)]
    rows = pd.DataFrame(list(found.values()), columns=["seconds", "activations", "flops", "family"])
    if rows["family"].nunique() < NETWORKS:
        rows["family"] = [str(place) for place in range(len(rows))]
    return [_judged("all networks of the table", rows)]


def _judged(where: str, rows: pd.DataFrame, within: bool = False) -> Judged:
    rows = rows[(rows[["seconds", "activations", "flops"]] > 0).all(axis=1)]
    if len(rows) < NETWORKS or rows["family"].nunique() < NETWORKS:
        return Judged(where, UNTOLD, f"{len(rows)} networks of {rows['family'].nunique()} families are too few.")
    if rows[["seconds", "activations", "flops"]].nunique().min() < 2:
        return Judged(where, UNTOLD, f"Seconds, activations or FLOPs of the {len(rows)} networks do not differ.")
    found = fits(rows, within)
    drawn = (
        f"{found.units} families drawn" if found.units < len(rows) else "networks drawn one by one, of these families"
    )
    said = (
        f"Over {len(rows)} networks log activations explain {100 * found.activations:.1f} % of the variance of log "
        f"seconds a picture and log FLOPs (multiply-adds) {100 * found.flops:.1f} %, a difference of "
        f"{signs(100 * (found.activations - found.flops), 100 * found.low, 100 * found.high, 1)} points "
        f"({drawn})."
    )
    return Judged(where, HOLDS if found.low > 0 else FAILS if found.high < 0 else UNTOLD, said)
