"""EfficientNets are more accurate than other networks, with fewer parameters and FLOPs.

Table 2 is read group by group as the paper has it. timm's table is another question, and says so: its networks have
other recipes, and many are younger than the paper. `measured` asks for domination: a network is beaten by one that has
no more FLOPs, no more parameters and an accuracy told apart from its own, by Holm over all such pairs of a data set and
recipe.
"""

import pandas as pd

from scaling_lab.analysis.evidence import Evidence, Setting
from scaling_lab.formatting import join_words
from scaling_lab.paper.claims.domination import dominations
from scaling_lab.paper.claims.finding import FAILS, HOLDS, UNTOLD, Judged, Verdict, span, verdict
from scaling_lab.paper.claims.measured import usual
from scaling_lab.paper.claims.printed import repeated, repeats
from scaling_lab.paper.tables import read_published_table

NAME = "front"
STATEMENT = (
    "EfficientNets are more accurate than the networks that they are compared with, with fewer parameters and FLOPs."
)
SOURCE = "arXiv 1905.11946, section 5.2 and Table 2"

FAMILY = "efficientnet"
WEIGHTS = "tf_efficientnet_b{}.aa_in1k"
"""timm's names of the paper's own weights, trained with AutoAugment as in version 5."""
TAUGHT = "dist|ssld"
"""In a weight's name: it learned from another network, which may have seen more pictures than ImageNet-1k's."""


def published() -> list[Judged]:
    """Table 2 group by group, its costs over all groups, and each network of the B family among timm's."""
    table = read_published_table("table2")
    printed = table[(table["version"] == "arXiv v5") & table["setting"].isna()]
    ours = printed[printed["kind"] == "efficientnet"]
    others = printed[printed["kind"] == "compared"]
    groups = [
        (str(name), ours[ours["model"] == name].iloc[0], rows) for name, rows in others.groupby("group", sort=False)
    ]
    timm = read_published_table("networks")
    timm = timm[(timm["trained_on"] == "in1k") & ~timm["model"].str.contains(TAUGHT)]
    found = [_group(*group) for group in groups] + [_costs(groups)]
    names = [WEIGHTS.format(number) for number in range(8)]
    return found + [_timm(name, timm) for name in names if name in set(timm["model"])]


def _group(name: str, own: "pd.Series[float]", rows: pd.DataFrame) -> Judged:
    gaps = [float(own["top1"] - top1) for top1 in rows["top1"]]
    times = _times(own, rows)
    unknown = [str(model) for model, flops in zip(rows["model"], rows["flops_B"], strict=True) if flops != flops]
    dearer = all(each > 1 for each in (*times["params_M"], *times["flops_B"]))
    judged = verdict((gap, repeats()) for gap in gaps)
    if not dearer or unknown:
        judged = FAILS if not dearer else UNTOLD
    flops = f" and {span(times['flops_B'], 1)} times its FLOPs (multiply-adds)" if times["flops_B"] else ""
    missing = f"; the FLOPs of {', '.join(unknown)} are not printed" if unknown else ""
    said = (
        f"{own['top1']:.1f} % is {span(gaps, 1)} points above {join_words(map(str, rows['model']))}, with "
        f"{span(times['params_M'], 1)} times its parameters{flops}{missing}; {repeated()}."
    )
    return Judged(f"Table 2, {name}", judged, said)


def _costs(groups: list[tuple[str, "pd.Series[float]", pd.DataFrame]]) -> Judged:
    """The weaker claim of section 5.2, at similar accuracy: cheaper, and not less accurate by more than the noise."""
    times = [_times(own, rows) for _, own, rows in groups]
    params, flops = ([x for each in times for x in each[name]] for name in ("params_M", "flops_B"))
    gaps = [float(own["top1"] - top1) for _, own, rows in groups for top1 in rows["top1"]]
    said = (
        f"At similar accuracy ({span(gaps, 1)} points above; {repeated()}) the networks that EfficientNets are "
        f"compared with have {span(params, 1)} times their parameters and {span(flops, 1)} times their FLOPs "
        f"(multiply-adds), ten times or more for {sum(x >= 10 for x in params)} of {len(params)} and "
        f"{sum(x >= 10 for x in flops)} of {len(flops)}."
    )
    cheaper: Verdict = HOLDS if min(*params, *flops) > 1 and min(gaps) >= -repeats() else FAILS
    return Judged("Table 2, all groups: cheaper at similar accuracy", cheaper, said)


def _times(own: "pd.Series[float]", rows: pd.DataFrame) -> dict[str, list[float]]:
    return {name: [float(x / own[name]) for x in rows[name].dropna()] for name in ("params_M", "flops_B")}


def _timm(name: str, table: pd.DataFrame) -> Judged:
    own = table[table["model"] == name].iloc[0]
    others = table[~table["arch"].str.contains(FAMILY)]
    cheap = others[(others["gmacs"] <= own["gmacs"]) & (others["params_M"] <= own["params_M"])]
    where = f"timm, {name} among other families trained on ImageNet-1k alone"
    if cheap.empty:
        return Judged(where, HOLDS, f"None of {len(others)} others has as few FLOPs (multiply-adds) and parameters.")
    best = cheap.loc[cheap["top1"].idxmax()]
    said = (
        f"Of {len(cheap)} others with no more FLOPs (multiply-adds, timm's count: {own['gmacs']:.2f} B) and parameters "
        f"({own['params_M']:.1f} M) the best, {best['model']}, has {best['top1']:.2f} % to its {own['top1']:.2f} %; "
        f"recipes differ, and the table has no years; {repeated()}."
    )
    return Judged(where, verdict([(float(own["top1"] - best["top1"]), repeats())]), said)


def measured(evidence: Evidence) -> list[Judged]:
    """One finding a data set, recipe and other family."""
    settings = usual(evidence)
    places = dict.fromkeys((setting.dataset, setting.recipe) for setting in settings)
    found = []
    for dataset, recipe in places:
        here = [setting for setting in settings if (setting.dataset, setting.recipe) == (dataset, recipe)]
        families = dict.fromkeys(setting.family for setting in here)
        ours = [name for name in families if name.startswith(FAMILY)]
        others = [name for name in families if name not in ours]
        where = f"{dataset}, recipe {recipe}"
        if not ours or not others:
            lacking = "no family besides EfficientNets" if ours else "no EfficientNet family"
            found.append(Judged(where, UNTOLD, f"There is {lacking} here to compare: {', '.join(families)}."))
            continue
        found += [_against(evidence, here, other, where) for other in others]
    return found


def _against(evidence: Evidence, settings: list[Setting], other: str, where: str) -> Judged:
    where = f"{where}: EfficientNets against {other}"
    arms = [arm for setting in settings for arm in evidence.arms_of(setting) if arm.cell]
    ours = {arm.cell: None for arm in arms if arm.setting.family.startswith(FAMILY)}
    theirs = {arm.cell: None for arm in arms if arm.setting.family == other}
    found = dominations([c for c in ours if c], [c for c in theirs if c])
    if not found.tested:
        return Judged(where, UNTOLD, f"Of {len(ours)} and {len(theirs)} networks, {found.why}.")
    judged = FAILS if found.lost else HOLDS if found.won and found.won == found.comparable else UNTOLD
    said = (
        f"Of the {found.comparable} networks of {other} that have no fewer FLOPs (multiply-adds) and parameters than "
        f"some EfficientNet, {found.won} are told apart as less accurate than such a one; the other way round "
        f"{found.lost} of {found.facing}, by Holm over {found.tested} pairs."
    )
    return Judged(where, judged, said)
