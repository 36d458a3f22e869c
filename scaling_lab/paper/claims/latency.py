"""EfficientNet-B1 is 5.7 times as fast as ResNet-152, and B7 6.1 times as fast as GPipe.

Table 4's ratios are recomputed from its own seconds. A ratio that follows from them is arithmetic and no evidence: only
one that does not follow would decide. timm's throughput is of whole batches on other machines, which is out of scope.

No study here can decide the half about GPipe, which is no family of this lab. The other half needs a study that trains
both networks, at the accuracies of the data set, and its verdict is about the machine that measured.
"""

import pandas as pd

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.compare import MAX_COST_RATIO
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.analysis.text.settings import list_differing_parts
from scaling_lab.formatting import join_words
from scaling_lab.paper.claims.finding import FAILS, HOLDS, OUT_OF_SCOPE, UNDECIDED, Claim, Judgement, Verdict
from scaling_lab.paper.claims.measured import contrast_test, settings_at_recipe_lr
from scaling_lab.paper.claims.printed import THROUGHPUT_COLUMNS
from scaling_lab.paper.tables import read_printed_table, read_published_table

FAST, SLOW = "EfficientNet-B1", "ResNet-152"
TIMM_NETWORKS = {FAST: ("tf_efficientnet_b1", 240), SLOW: ("resnet152", 224)}
"""timm's architectures, with the sides in pixels of the paper."""
FAMILY_BY_NETWORK = {FAST: "efficientnet_b1", SLOW: "resnet152"}
MAX_DEFICIT = 1.0
"""Points by which B1 may be less accurate: as many as it is more accurate in Table 4."""


def _published() -> list[Judgement]:
    """Judge Table 4's two pairs, and report the first pair's throughput in timm."""
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
    verdict: Verdict = UNDECIDED if is_consistent and is_as_accurate else FAILS
    ratio = float(slow["latency_s"]) / float(fast["latency_s"])
    evidence = (
        f"{slow['latency_s']} s / {fast['latency_s']} s is {ratio:.2f}, or {least:.2f} to {greatest:.2f} within the "
        f"printed digits; the table prints {fast['speedup_printed']}, which is the same numbers again and no evidence. "
        f"Top-1 is {fast['top1']} % and {slow['top1']} %; the spread over the {fast['runs_averaged']} runs is not "
        "printed."
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
    evidence = (
        f"{FAST} processes {rates[FAST]:.1f} images per second and {SLOW} {rates[SLOW]:.1f}, a ratio of "
        f"{rates[FAST] / rates[SLOW]:.2f}. This is the throughput of batches, not the seconds of one image on one core."
    )
    return Judgement(where, OUT_OF_SCOPE, evidence)


def _measured(evidence: Evidence) -> list[Judgement]:
    """Judge every dataset, recipe and rounding that has either network."""
    cells: dict[tuple[str, ...], dict[str, Cell]] = {}
    for setting, differing in list_differing_parts(settings_at_recipe_lr(evidence)).items():
        for name, family in FAMILY_BY_NETWORK.items():
            baselines = [arm.cell for arm in evidence.arms_of(setting) if arm.cell and arm.times_flops == 1]
            if setting.family == family and baselines:
                cells.setdefault(tuple(differing), {})[name] = baselines[0]
    if not cells:
        families = " and ".join(FAMILY_BY_NETWORK.values())
        reason = (
            f"No study can decide the half about GPipe, which is no family of this lab. The other half takes a study "
            f"that trains {families}; this one has neither."
        )
        return [Judgement("the table", UNDECIDED, reason)]
    return [_measured_ratio(", ".join(place) or "all networks", by_network) for place, by_network in cells.items()]


def _measured_ratio(where: str, cells: dict[str, Cell]) -> Judgement:
    if reason := _find_obstacle(cells):
        return Judgement(where, UNDECIDED, reason)
    fast, slow = cells[FAST], cells[SLOW]
    accuracy = contrast_test([(fast, 1.0), (slow, -1.0)])
    if accuracy is None or accuracy.low < -MAX_DEFICIT:
        difference = f"differs by {accuracy} points" if accuracy else "has no interval"
        reason = (
            f"{FAST}'s accuracy {difference} from {SLOW}'s; the paper's {FAST} is the more accurate of the two, so "
            f"it must not be lower by more than {MAX_DEFICIT:g} here (lower end of the 95 % interval)."
        )
        return Judgement(where, UNDECIDED, reason)
    ratio = slow.costs["latency"] / fast.costs["latency"]
    spread = slow.cost_ratios["latency"] * fast.cost_ratios["latency"]
    verdict = HOLDS if ratio / spread >= _claimed_ratio() else FAILS if ratio * spread < 1 else UNDECIDED
    evidence = (
        f"One image takes {1000 * slow.costs['latency']:.1f} ms with {SLOW} and {1000 * fast.costs['latency']:.1f} ms "
        f"with {FAST} (medians over seeds), a ratio of {ratio:.2f}, or {ratio / spread:.2f} to {ratio * spread:.2f} "
        f"if seeds are taken at their worst; the claim is at least {_claimed_ratio():.2f}, on another processor, so "
        f"that a smaller ratio above 1 does not refute it. Accuracy differs by {accuracy} points."
    )
    return Judgement(where, verdict, evidence)


def _find_obstacle(cells: dict[str, Cell]) -> str:
    """Return why latencies cannot be compared; empty if they can."""
    absent = [name for name in FAMILY_BY_NETWORK if name not in cells or "latency" not in cells[name].costs]
    if absent:
        return f"No latency of one image was measured for the baseline of {join_words(absent)}."
    few = [name for name in FAMILY_BY_NETWORK if len(cells[name].seeds) < MIN_SEEDS]
    if few:
        return f"A verdict needs {MIN_SEEDS} seeds of each network; fewer are finished for {join_words(few)}."
    worst = max(cell.cost_ratios["latency"] for cell in cells.values())
    if worst > MAX_COST_RATIO:
        return (
            f"Seeds of one network differ by a factor of up to {worst:.1f} in latency; above {MAX_COST_RATIO:g} the "
            "machine was probably busy, and there is no verdict."
        )
    return ""


LATENCY = Claim(
    name="latency",
    statement=(
        "Our EfficientNet-B1 runs 5.7x faster than the widely used ResNet-152, while EfficientNet-B7 runs about 6.1x "
        "faster than GPipe (Huang et al., 2018), suggesting our EfficientNets are indeed fast on real hardware."
    ),
    source="arXiv 1905.11946, section 5.2 and Table 4 (one image, a single core of a Xeon E5-2690)",
    test=(
        "Holds on the machine of a study if ResNet-152 takes at least 5.65 times as long for one image as "
        "EfficientNet-B1, which must not be less accurate by more than a point; does not hold if B1 is slower. Between "
        "the two it cannot be told, because the paper's processor is another one. No study can decide the half about "
        "GPipe."
    ),
    judge_published=_published,
    judge_measured=_measured,
    accuracy_alone=True,
)
