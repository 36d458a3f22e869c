"""EfficientNet-B1 is 5.7 times as fast as ResNet-152, and B7 6.1 times as fast as GPipe, at no lower accuracy.

Table 4's ratios are recomputed from its own seconds. timm's throughput is of whole batches on other machines: it can
support or reverse the claim, but a smaller ratio is undecided, because it is another quantity.
"""

import pandas as pd

from scaling_lab.analysis.evidence import Arm, Evidence
from scaling_lab.paper.claims.finding import FAILS, HOLDS, UNDECIDED, Claim, Judgement, Verdict
from scaling_lab.paper.claims.measured import settings_at_recipe_lr
from scaling_lab.paper.claims.printed import THROUGHPUT_COLUMNS
from scaling_lab.paper.tables import read_printed_table, read_published_table

FAST, SLOW = "EfficientNet-B1", "ResNet-152"
TIMM_NETWORKS = {FAST: ("tf_efficientnet_b1", 240), SLOW: ("resnet152", 224)}
"""timm's architectures, with the sides in pixels of the paper."""
FAMILY_BY_NETWORK = {FAST: "efficientnet_b1", SLOW: "resnet152"}


def _published() -> list[Judgement]:
    """Judge Table 4's two pairs, and the first pair by timm's throughput."""
    table = read_printed_table("table4")
    pairs = [_printed_pair(rows) for _, rows in table.groupby("pair", sort=False)]
    return pairs + [_throughput(column, machine) for column, machine in THROUGHPUT_COLUMNS.items()]


def _printed_pair(rows: pd.DataFrame) -> Judgement:
    slow, fast = (rows.iloc[place] for place in (0, 1))
    slow_seconds, fast_seconds = (_printed_interval(str(row["latency_s"])) for row in (slow, fast))
    least, greatest = slow_seconds[0] / fast_seconds[1], slow_seconds[1] / fast_seconds[0]
    printed = _printed_interval(str(fast["speedup_printed"]).rstrip("x"))
    is_consistent = least <= printed[1] and greatest >= printed[0]
    is_as_accurate = float(fast["top1"]) >= float(slow["top1"])
    verdict: Verdict = HOLDS if is_consistent and is_as_accurate else FAILS
    ratio = float(slow["latency_s"]) / float(fast["latency_s"])
    evidence = (
        f"{slow['latency_s']} s / {fast['latency_s']} s is {ratio:.2f}, or {least:.2f} to {greatest:.2f} within the "
        f"printed digits; the table prints {fast['speedup_printed']}. Top-1 is {fast['top1']} % and {slow['top1']} %; "
        f"the spread over the {fast['runs_averaged']} runs is not printed."
    )
    return Judgement(f"Table 4, {fast['model']} and {slow['model']}", verdict, evidence)


def _printed_interval(text: str) -> tuple[float, float]:
    """Return the ends of the interval of numbers that round to the printed digits."""
    half = 0.5 * 10.0 ** -len(text.partition(".")[2])
    return float(text) - half, float(text) + half


def _claimed_ratio() -> float:
    """Return the least ratio that rounds to the claimed one."""
    table = read_printed_table("table4")
    return _printed_interval(str(table.loc[table["model"] == FAST, "speedup_printed"].iloc[0]).rstrip("x"))[0]


def _throughput(column: str, machine: str) -> Judgement:
    table = read_published_table("networks").dropna(subset=[column])
    where = f"timm, {machine}"
    rates: dict[str, float] = {}
    for name, (arch, side) in TIMM_NETWORKS.items():
        rows = table[(table["arch"] == arch) & (table["resolution"] == side)]
        if rows.empty:
            return Judgement(where, UNDECIDED, f"The table has no {arch} at {side} px.")
        rates[name] = float(rows[column].iloc[0])
    ratio = rates[FAST] / rates[SLOW]
    evidence = (
        f"{FAST} processes {rates[FAST]:.1f} images per second and {SLOW} {rates[SLOW]:.1f}, a ratio of {ratio:.2f}; "
        f"the claim is at least {_claimed_ratio():.2f}, but of another quantity: the seconds of one image on one core, "
        "not the throughput of batches."
    )
    return Judgement(where, HOLDS if ratio >= _claimed_ratio() else FAILS if ratio < 1 else UNDECIDED, evidence)


def _measured(evidence: Evidence) -> list[Judgement]:
    """Judge every dataset, recipe and rounding that has either network."""
    seconds: dict[tuple[str, str, str], dict[str, float]] = {}
    for setting in settings_at_recipe_lr(evidence):
        for name, family in FAMILY_BY_NETWORK.items():
            if setting.family == family:
                by_network = seconds.setdefault((setting.dataset, setting.recipe, setting.rounding), {})
                by_network.update((name, _seconds(arm)) for arm in evidence.arms_of(setting) if _seconds(arm))
    if not seconds:
        families = " nor ".join(FAMILY_BY_NETWORK.values())
        return [Judgement("the table", UNDECIDED, f"Neither {families} is a family of this study.")]
    return [_measured_ratio(", ".join(where), by_network) for where, by_network in seconds.items()]


def _seconds(arm: Arm) -> float:
    """Return the latency of a baseline; 0 for another network or if it was not measured."""
    return arm.cell.costs.get("latency", 0.0) if arm.cell and arm.times_flops == 1 else 0.0


def _measured_ratio(where: str, seconds: dict[str, float]) -> Judgement:
    missing = [name for name in FAMILY_BY_NETWORK if name not in seconds]
    if missing:
        names = " and ".join(missing)
        return Judgement(where, UNDECIDED, f"No latency of one image was measured for the baseline of {names}.")
    ratio = seconds[SLOW] / seconds[FAST]
    evidence = (
        f"One image takes {1000 * seconds[SLOW]:.1f} ms with {SLOW} and {1000 * seconds[FAST]:.1f} ms with {FAST}, a "
        f"ratio of {ratio:.2f}; the claim is at least {_claimed_ratio():.2f}, on another processor. Means over seeds, "
        "without an interval."
    )
    return Judgement(where, HOLDS if ratio >= _claimed_ratio() else FAILS, evidence)


LATENCY = Claim(
    name="latency",
    statement=(
        "At comparable accuracy, EfficientNet-B1 runs 5.7 times faster than ResNet-152 and EfficientNet-B7 6.1 times "
        "faster than GPipe, with one image at a time on a CPU."
    ),
    source="arXiv 1905.11946, section 5.2, Table 4",
    judge_published=_published,
    judge_measured=_measured,
)
