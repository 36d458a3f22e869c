"""Fewer activations make networks faster: activations predict latency better than FLOPs do.

The abstract says that fewer activations speed up hardware that is limited by memory bandwidth, such as GPUs; CPUs are
out of scope. That FLOPs predict worse is shown in the paper's figures of runtime, of which only a review could be read.

The predictor is a straight line in logarithms; R2, the share of the variance of log seconds that it explains, says how
well it predicts. The difference of the two R2 has a 95 % interval by bootstrap. Networks of one family are alike, so
families are resampled, not networks. A study of fewer than eight families is judged family by family, and each verdict
is about networks of that family. Within families, the mean of each family is subtracted from every logarithm, which
tests whether networks of one family, as scaled from one baseline, follow activations. Dollar's networks are
convolutional; timm's table also has transformers, and its throughput is of batches.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scaling_lab.analysis.compare import MAX_COST_RATIO
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.formatting import format_estimate, pluralize
from scaling_lab.paper.claims.finding import FAILS, HOLDS, OUT_OF_SCOPE, UNDECIDED, Claim, Judgement
from scaling_lab.paper.claims.printed import GPU_COLUMNS, THROUGHPUT_COLUMNS
from scaling_lab.paper.tables import read_published_table

MIN_NETWORKS = 8
"""Networks, or families to resample, that a verdict needs."""
BOOTSTRAP_DRAWS = 4000
BOOTSTRAP_SEED = 2103
MIN_FLOPS_RANGE = 2.0
"""Ratio of the largest to the smallest FLOPs below which FLOPs have nothing to predict."""
FAMILY_PATTERN = r"^(?:tf_|legacy_|gc_)?([a-z]+)"
"""The leading letters of an architecture's name in timm: its family."""
VARIABLES = ["seconds", "activations", "flops"]


@dataclass(frozen=True)
class LatencyFit:
    """Quality of predictions of seconds from activations and from FLOPs.

    Attributes:
        activations: R2 of activations.
        flops: R2 of FLOPs.
        low: Lower end of the 95 % interval of the difference, activations less FLOPs.
        high: Upper end.
        families: How many families were resampled.
    """

    activations: float
    flops: float
    low: float
    high: float
    families: int


def fit_latency(rows: pd.DataFrame, within_families: bool = False) -> LatencyFit:
    """Fit log seconds to log activations and to log FLOPs.

    Args:
        rows: Columns seconds, activations, flops, and family, by which networks are resampled.
        within_families: Whether to subtract each family's mean.
    """
    logs = np.log(rows[VARIABLES].to_numpy(dtype=float))
    _, family = np.unique(rows["family"].to_numpy(dtype=str), return_inverse=True)
    count = int(family.max()) + 1
    if within_families:
        sizes = np.bincount(family)
        logs = logs - np.stack([np.bincount(family, logs[:, k]) / sizes for k in range(3)], axis=1)[family]
    columns = np.column_stack([np.ones(len(logs)), logs - logs.mean(axis=0)])
    moments = np.zeros((count, 4, 4))
    np.add.at(moments, family, columns[:, :, None] * columns[:, None, :])
    draws = np.random.default_rng(BOOTSTRAP_SEED).multinomial(count, np.full(count, 1 / count), BOOTSTRAP_DRAWS)
    estimate = _r2(moments.sum(axis=0)[None])[0]
    resampled = _r2(np.tensordot(draws, moments, axes=1))
    low, high = np.nanquantile(resampled[:, 0] - resampled[:, 1], [0.025, 0.975])
    return LatencyFit(float(estimate[0]), float(estimate[1]), float(low), float(high), count)


def _r2(moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return R2 of the second and third variable for the first, from sums of products with a constant first.

    Args:
        moments: Shape (draws, 4, 4).
    """
    mean = moments[:, 0, :] / moments[:, :1, 0]
    spread = moments / moments[:, :1, :1] - mean[:, :, None] * mean[:, None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        r2: NDArray[np.float64] = spread[:, 1, 2:] ** 2 / (spread[:, 1, 1, None] * spread[:, [2, 3], [2, 3]])
    return r2


def _published() -> list[Judgement]:
    """Judge timm's networks on a GPU, all together and within families; report those on a CPU."""
    judgements = []
    for column, machine in THROUGHPUT_COLUMNS.items():
        for within in (False, True):
            where = f"timm, {machine}, {'within families' if within else 'all networks'}"
            judgement = judge_rows(where, _timm(column, within), within)
            judgements.append(judgement if column in GPU_COLUMNS else _out_of_scope(judgement))
    return judgements


def _out_of_scope(judgement: Judgement) -> Judgement:
    evidence = f"{judgement.evidence} This is a CPU; the claim is about hardware that is limited by memory bandwidth."
    return Judgement(judgement.where, OUT_OF_SCOPE, evidence)


def _timm(column: str, within_families: bool) -> pd.DataFrame:
    """Return one row per architecture and side; within families: only families with two or more rows."""
    table = read_published_table("networks").dropna(subset=[column]).drop_duplicates(["arch", "resolution"])
    rows = pd.DataFrame(
        {
            "seconds": 1 / table[column],
            "activations": table["mactivations"],
            "flops": table["gmacs"],
            "family": table["arch"].str.extract(FAMILY_PATTERN)[0],
        }
    )
    return rows[rows.groupby("family")["seconds"].transform("size") > 1] if within_families else rows


def _measured(evidence: Evidence) -> list[Judgement]:
    """Judge all networks of the table together if they are of eight families, otherwise each family by itself."""
    networks: dict[tuple[object, ...], tuple[float, float, float, str]] = {}
    unsteady = 0
    for cell, family in {arm.cell: arm.setting.family for arm in evidence.arms if arm.cell}.items():
        if all(name in cell.costs for name in ("latency", "activations", "flops")):
            costs = cell.costs
            is_steady = cell.cost_ratios["latency"] <= MAX_COST_RATIO
            unsteady += not is_steady
            if is_steady:
                network = (family, costs["flops"], costs["activations"], costs.get("params"))
                networks.setdefault(network, (costs["latency"], costs["activations"], costs["flops"], family))
    rows = pd.DataFrame(list(networks.values()), columns=[*VARIABLES, "family"])
    note = ""
    if unsteady:
        networks_left_out = pluralize(unsteady, "network")
        note = f" Left out, because seeds differ by more than a fifth in latency: {networks_left_out}."
    judgements = [_with_note(judgement, note) for judgement in _judge_networks(rows)]
    return [_out_of_scope(judgement) for judgement in judgements] if evidence.devices == ("cpu",) else judgements


def _judge_networks(rows: pd.DataFrame) -> list[Judgement]:
    if rows["family"].nunique() >= MIN_NETWORKS:
        return [judge_rows("all networks of the table", rows)]
    judgements = []
    for family, own in rows.groupby("family", sort=False):
        if len(own) >= MIN_NETWORKS:
            by_network = own.assign(family=[str(place) for place in range(len(own))])
            judgements.append(judge_rows(f"networks of {family}", by_network))
    if judgements:
        return judgements
    families = rows["family"].nunique()
    reason = (
        f"{MIN_NETWORKS} families, or {MIN_NETWORKS} networks of one, with a measured latency of one image are needed; "
        f"the table has {pluralize(len(rows), 'network')} of {families} {'family' if families == 1 else 'families'}."
    )
    return [Judgement("all networks of the table", UNDECIDED, reason)]


def _with_note(judgement: Judgement, note: str) -> Judgement:
    return replace(judgement, evidence=judgement.evidence + note)


def judge_rows(where: str, rows: pd.DataFrame, within_families: bool = False) -> Judgement:
    """Judge the claim on some networks; arguments as in `fit_latency`."""
    rows = rows[(rows[VARIABLES] > 0).all(axis=1)]
    families = rows["family"].nunique()
    if len(rows) < MIN_NETWORKS or families < MIN_NETWORKS:
        reason = f"{len(rows)} networks of {families} families are too few; {MIN_NETWORKS} of each are needed."
        return Judgement(where, UNDECIDED, reason)
    flops_range = float(rows["flops"].max() / rows["flops"].min())
    if flops_range < MIN_FLOPS_RANGE:
        reason = (
            f"The FLOPs (multiply-adds) of these {len(rows)} networks differ by a factor of {flops_range:.2f} at most; "
            f"below {MIN_FLOPS_RANGE:g} they have nothing to predict."
        )
        return Judgement(where, UNDECIDED, reason)
    if rows[VARIABLES].nunique().min() < 2:
        reason = f"Seconds, activations or FLOPs are the same for all {len(rows)} networks."
        return Judgement(where, UNDECIDED, reason)
    fit = fit_latency(rows, within_families)
    resampling = f"{fit.families} families" if fit.families < len(rows) else "networks"
    difference = format_estimate(100 * (fit.activations - fit.flops), 100 * fit.low, 100 * fit.high, 1)
    evidence = (
        f"Over {len(rows)} networks, log activations explain {100 * fit.activations:.1f} % of the variance of log "
        f"seconds per image and log FLOPs (multiply-adds) {100 * fit.flops:.1f} %, a difference of {difference} points "
        f"(bootstrap over {resampling})."
    )
    return Judgement(where, HOLDS if fit.low > 0 else FAILS if fit.high < 0 else UNDECIDED, evidence)


ACTIVATIONS = Claim(
    name="activations",
    statement="Fewer activations leads to speedups on modern memory-bandwidth limited hardware (e.g., GPUs).",
    source="Dollar, Singh and Girshick 2021, CVPR 2021 and arXiv 2103.06877, abstract",
    test=(
        "Holds if activations explain more of the variance of log seconds than FLOPs do, does not hold if they explain "
        "less; on GPUs only. The abstract does not name FLOPs as the rival; the comparison with them is this lab's "
        "reading of it."
    ),
    judge_published=_published,
    judge_measured=_measured,
    accuracy_alone=True,
)
