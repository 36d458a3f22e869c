"""EfficientNets are more accurate than other networks, with fewer parameters and FLOPs.

Table 2 is judged group by group, as in the paper. That the costs of a group differ at similar accuracy is no finding:
its networks were grouped by accuracy. timm's networks are out of scope: many are younger than the paper and no
convolutional networks, and recipes differ. Measured networks are judged by domination: a network loses to one that
has no more FLOPs, no more parameters and a significantly higher accuracy, with Holm's correction over all such pairs of
a dataset and recipe.
"""

from dataclasses import replace

import pandas as pd

from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.text.settings import list_differing_parts
from scaling_lab.formatting import join_words
from scaling_lab.paper.claims.domination import count_dominations
from scaling_lab.paper.claims.finding import (
    FAILS,
    HOLDS,
    OUT_OF_SCOPE,
    UNDECIDED,
    Claim,
    Judgement,
    format_range,
    judge_gaps,
)
from scaling_lab.paper.claims.measured import settings_at_recipe_lr
from scaling_lab.paper.claims.printed import describe_noise, repeat_margin
from scaling_lab.paper.tables import read_published_table

FAMILY_PREFIX = "efficientnet"
TIMM_WEIGHTS = "tf_efficientnet_b{}.aa_in1k"
"""timm's names of the paper's own weights, trained with AutoAugment as in version 5."""
DISTILLED = "dist|ssld"
"""Names of weights that were distilled from another network, which may have seen more images than ImageNet-1k's."""


def _published() -> list[Judgement]:
    """Judge Table 2 group by group; report each network of the B family in timm's table."""
    table = read_published_table("table2")
    printed = table[(table["version"] == "arXiv v5") & table["setting"].isna()]
    ours = printed[printed["kind"] == "efficientnet"]
    others = printed[printed["kind"] == "compared"]
    groups = [
        (str(name), ours[ours["model"] == name].iloc[0], rows) for name, rows in others.groupby("group", sort=False)
    ]
    timm = read_published_table("networks")
    timm = timm[(timm["trained_on"] == "in1k") & ~timm["model"].str.contains(DISTILLED)]
    names = [name for name in map(TIMM_WEIGHTS.format, range(8)) if name in set(timm["model"])]
    return [*(_group(*group) for group in groups), *(_timm(name, timm) for name in names)]


def _group(name: str, ours: "pd.Series[float]", rows: pd.DataFrame) -> Judgement:
    gaps = [float(ours["top1"] - top1) for top1 in rows["top1"]]
    ratios = _cost_ratios(ours, rows)
    without_flops = [str(row["model"]) for _, row in rows[rows["flops_B"].isna()].iterrows()]
    all_cost_more = all(ratio > 1 for ratio in (*ratios["params_M"], *ratios["flops_B"]))
    verdict = judge_gaps((gap, repeat_margin()) for gap in gaps)
    if not all_cost_more or without_flops:
        verdict = FAILS if not all_cost_more else UNDECIDED
    flops = f" and {format_range(ratios['flops_B'], 1)} times its FLOPs (multiply-adds)" if ratios["flops_B"] else ""
    missing = f"; the FLOPs of {join_words(without_flops)} are not printed" if without_flops else ""
    evidence = (
        f"{ours['top1']:.1f} % is {format_range(gaps, 1)} points above {join_words(map(str, rows['model']))}, with "
        f"{format_range(ratios['params_M'], 1)} times its parameters{flops}{missing}; {describe_noise()}."
    )
    return Judgement(f"Table 2, {name}", verdict, evidence)


def _cost_ratios(ours: "pd.Series[float]", rows: pd.DataFrame) -> dict[str, list[float]]:
    return {name: [float(x / ours[name]) for x in rows[name].dropna()] for name in ("params_M", "flops_B")}


def _timm(name: str, table: pd.DataFrame) -> Judgement:
    ours = table[table["model"] == name].iloc[0]
    others = table[~table["arch"].str.contains(FAMILY_PREFIX)]
    cheap = others[(others["gmacs"] <= ours["gmacs"]) & (others["params_M"] <= ours["params_M"])]
    where = f"timm, {name} among other families trained on ImageNet-1k alone"
    if cheap.empty:
        evidence = f"None of {len(others)} others has as few FLOPs (multiply-adds) and parameters."
        return Judgement(where, OUT_OF_SCOPE, evidence)
    best = cheap.loc[cheap["top1"].idxmax()]
    evidence = (
        f"Of {len(cheap)} others with no more FLOPs ({ours['gmacs']:.2f} B multiply-adds, counted by timm) and "
        f"parameters ({ours['params_M']:.1f} M), the best is {best['model']} with {best['top1']:.2f} %, compared with "
        f"{ours['top1']:.2f} %. These are not the networks that the paper compares: recipes differ, and the table has "
        "no years."
    )
    return Judgement(where, OUT_OF_SCOPE, evidence)


def _measured(evidence: Evidence) -> list[Judgement]:
    """Judge every dataset, recipe and other family."""
    settings = settings_at_recipe_lr(evidence)
    parts = list_differing_parts(replace(setting, rounding="") for setting in settings)
    names = {(setting.dataset, setting.recipe): differing for setting, differing in parts.items()}
    judgements = []
    for dataset, recipe in dict.fromkeys((setting.dataset, setting.recipe) for setting in settings):
        here = [setting for setting in settings if (setting.dataset, setting.recipe) == (dataset, recipe)]
        families = dict.fromkeys(setting.family for setting in here)
        ours = [name for name in families if name.startswith(FAMILY_PREFIX)]
        others = [name for name in families if name not in ours]
        where = ", ".join(names[dataset, recipe]) or "all networks"
        if not ours or not others:
            missing = "no family other than EfficientNets" if ours else "no EfficientNet family"
            judgements.append(Judgement(where, UNDECIDED, f"There is {missing} to compare: {', '.join(families)}."))
            continue
        judgements += [_against(evidence, here, other, where) for other in others]
    return judgements


def _against(evidence: Evidence, settings: list[Setting], other: str, where: str) -> Judgement:
    where = f"{where}: EfficientNets against {other}"
    arms = [arm for setting in settings for arm in evidence.arms_of(setting)]
    ours = list(dict.fromkeys(arm.cell for arm in arms if arm.cell and arm.setting.family.startswith(FAMILY_PREFIX)))
    theirs = list(dict.fromkeys(arm.cell for arm in arms if arm.cell and arm.setting.family == other))
    counts = count_dominations(ours, theirs, evidence.looks)
    if not counts.pairs:
        return Judgement(where, UNDECIDED, f"Of {len(ours)} and {len(theirs)} networks, {counts.reason}.")
    verdict = FAILS if counts.lost else HOLDS if counts.won and counts.won == counts.comparable else UNDECIDED
    text = (
        f"{counts.won} of {counts.comparable} networks of {other} that have no fewer FLOPs (multiply-adds) and "
        f"parameters than some EfficientNet are significantly {evidence.metric.worse} than one; the reverse is true "
        f"of {counts.lost} of {counts.facing}. Holm's correction over {counts.pairs} pairs."
    )
    return Judgement(where, verdict, text)


FRONT = Claim(
    name="front",
    statement=(
        "[...] our scaled EfficientNet models achieve better accuracy with much fewer parameters and FLOPS than other "
        "ConvNets."
    ),
    source="arXiv 1905.11946, section 5.2, on Figures 1 and 5; the numbers are in Table 2",
    test=(
        "Holds against a family if each of its networks that costs no less than some EfficientNet, in parameters and "
        "in FLOPs, is less accurate than one; does not hold if an EfficientNet is less accurate than a network that "
        "costs no more. How much fewer is not judged."
    ),
    judge_published=_published,
    judge_measured=_measured,
)
