"""EfficientNet-B1 is 5.7 times as fast as ResNet-152, and B7 6.1 times as fast as GPipe, at no lower accuracy.

Table 4's ratios are held against its own seconds. timm's pictures a second are of whole batches on other machines: they
can support the claim, or turn it round, but a smaller ratio there is another quantity, which tells nothing.
"""

import pandas as pd

from scaling_lab.analysis.evidence import Arm, Evidence
from scaling_lab.paper.claims.finding import FAILS, HOLDS, UNTOLD, Judged, Verdict
from scaling_lab.paper.claims.measured import usual
from scaling_lab.paper.claims.printed import MACHINES
from scaling_lab.paper.tables import read_printed_table, read_published_table

NAME = "latency"
STATEMENT = (
    "With comparable accuracy, EfficientNet-B1 runs 5.7 times faster than ResNet-152 and EfficientNet-B7 6.1 times "
    "faster than GPipe, one picture at a time on a processor."
)
SOURCE = "arXiv 1905.11946, section 5.2, Table 4"

FAST, SLOW = "EfficientNet-B1", "ResNet-152"
TIMM = {FAST: ("tf_efficientnet_b1", 240), SLOW: ("resnet152", 224)}
"""timm's architectures and the sides in pixels of the paper."""
FAMILIES = {FAST: "efficientnet_b1", SLOW: "resnet152"}


def published() -> list[Judged]:
    """Table 4's two pairs, and timm's throughput of the first."""
    table = read_printed_table("table4")
    pairs = [_printed(rows) for _, rows in table.groupby("pair", sort=False)]
    return pairs + [_throughput(column, machine) for column, machine in MACHINES.items()]


def _printed(rows: pd.DataFrame) -> Judged:
    slow, fast = (rows.iloc[place] for place in (0, 1))
    low, high = (_ends(str(row["latency_s"])) for row in (slow, fast))
    least, most = low[0] / high[1], low[1] / high[0]
    printed = _ends(str(fast["speedup_printed"]).rstrip("x"))
    follows = least <= printed[1] and most >= printed[0]
    as_good = float(fast["top1"]) >= float(slow["top1"])
    said = (
        f"{slow['latency_s']} s over {fast['latency_s']} s is {float(slow['latency_s']) / float(fast['latency_s']):.2f}"
        f", {least:.2f} to {most:.2f} within the digits printed; the table prints {fast['speedup_printed']}, at "
        f"{fast['top1']} % beside {slow['top1']} %, with no spread over its {fast['runs_averaged']} runs."
    )
    judged: Verdict = HOLDS if follows and as_good else FAILS
    return Judged(f"Table 4, {fast['model']} and {slow['model']}", judged, said)


def _ends(printed: str) -> tuple[float, float]:
    """The numbers that print as these digits."""
    half = 0.5 * 10.0 ** -len(printed.partition(".")[2])
    return float(printed) - half, float(printed) + half


def _claimed() -> float:
    """The least ratio that prints as the claimed one."""
    table = read_printed_table("table4")
    return _ends(str(table.loc[table["model"] == FAST, "speedup_printed"].iloc[0]).rstrip("x"))[0]


def _throughput(column: str, machine: str) -> Judged:
    table = read_published_table("networks").dropna(subset=[column])
    rates: dict[str, float] = {}
    for name, (arch, side) in TIMM.items():
        own = table[(table["arch"] == arch) & (table["resolution"] == side)]
        if own.empty:
            return Judged(f"timm, {machine}", UNTOLD, f"The table has no {arch} at {side} px.")
        rates[name] = float(own[column].iloc[0])
    ratio = rates[FAST] / rates[SLOW]
    said = (
        f"{FAST} does {rates[FAST]:.1f} pictures a second and {SLOW} {rates[SLOW]:.1f}, {ratio:.2f} times as many; at "
        f"least {_claimed():.2f} is claimed, for another quantity: pictures a second of batches are not the seconds "
        "of one picture on one core."
    )
    judged = HOLDS if ratio >= _claimed() else FAILS if ratio < 1 else UNTOLD
    return Judged(f"timm, {machine}", judged, said)


def measured(evidence: Evidence) -> list[Judged]:
    """One finding a data set, recipe and rounding where either network is."""
    seconds: dict[tuple[str, str, str], dict[str, float]] = {}
    for setting in usual(evidence):
        for name, family in FAMILIES.items():
            if setting.family == family:
                found = seconds.setdefault((setting.dataset, setting.recipe, setting.rounding), {})
                found.update((name, _seconds(arm)) for arm in evidence.arms_of(setting) if _seconds(arm))
    if not seconds:
        return [Judged("the table", UNTOLD, f"Neither {' nor '.join(FAMILIES.values())} is a family of this study.")]
    return [_ratio(", ".join(where), found) for where, found in seconds.items()]


def _seconds(arm: Arm) -> float:
    """Of a baseline; 0 for another network, or where it was not measured."""
    return arm.cell.costs.get("latency", 0.0) if arm.cell and arm.times_flops == 1 else 0.0


def _ratio(where: str, found: dict[str, float]) -> Judged:
    missing = [name for name in FAMILIES if name not in found]
    if missing:
        return Judged(where, UNTOLD, f"{' and '.join(missing)} as a baseline has no measured seconds of one picture.")
    ratio = found[SLOW] / found[FAST]
    said = (
        f"One picture takes {SLOW} {1000 * found[SLOW]:.1f} ms and {FAST} {1000 * found[FAST]:.1f} ms, {ratio:.2f} "
        f"times as long; at least {_claimed():.2f} is claimed, on another processor; means over seeds, without "
        "an interval."
    )
    return Judged(where, HOLDS if ratio >= _claimed() else FAILS, said)
