"""Baselines and budgets of imported trainings: from the source, or inferred from FLOPs and reported. No torch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import sqrt

import pandas as pd

from scaling_lab.analysis.obtained_scaling import find_on_budget
from scaling_lab.errors import UserError
from scaling_lab.formatting import join_words
from scaling_lab.networks.scaling.fit import TOLERANCE_WITHOUT_WIDTH
from scaling_lab.store.imported import BASELINE
from scaling_lab.study.option_names import column_option, option

BASELINE_NAMES = frozenset(("baseline", "base", "none", "unscaled", "1x", ""))
SAME_FLOPS = 0.001
"""FLOPs of one network differ by less, relative, in tables of rounded numbers."""
ROUND_BUDGET = 0.02
"""How far a budget is rounded at most, relative, for a short number."""
MAX_LISTED = 5
SETTING = ["family", "dataset", "recipe", "lr_times"]


@dataclass
class Budgets:
    """Budgets of trainings, one entry per row.

    Attributes:
        rule: Scaling rule, `BASELINE` for unscaled networks.
        requested: Budget in times the baseline's FLOPs.
        obtained: FLOPs over the baseline's.
        inferred: Sentences on what was inferred.
    """

    rule: "pd.Series[str]"
    requested: "pd.Series[float]"
    obtained: "pd.Series[float]"
    inferred: list[str] = field(default_factory=list)


def find_budgets(rows: pd.DataFrame, baseline_flops: float | None) -> Budgets:
    """Return the budgets of trainings.

    Args:
        rows: Trainings with the columns of `SETTING`, rule, flops, seed, test_accuracy and, where the source has them,
            times_flops.
        baseline_flops: FLOPs of the baseline; None to find it in the rows.

    Raises:
        UserError: A setting has no baseline, or more than one, or a rule has two networks near one budget.
    """
    settings = [part for _, part in rows.groupby(SETTING, sort=False)]
    parts = [_budgets_of_setting(part, str(part["family"].iloc[0]), baseline_flops) for part in settings]
    rule, requested, obtained = (
        pd.concat([getattr(part, name) for part in parts]).reindex(rows.index)
        for name in ("rule", "requested", "obtained")
    )
    return Budgets(rule, requested, obtained, [sentence for part in parts for sentence in part.inferred])


def _budgets_of_setting(rows: pd.DataFrame, family: str, baseline_flops: float | None) -> Budgets:
    is_named = rows["rule"].str.lower().isin(BASELINE_NAMES)
    given = rows["times_flops"] if "times_flops" in rows else pd.Series(float("nan"), index=rows.index)
    is_baseline = is_named | (given == 1)
    notes: list[str] = []
    if baseline_flops is not None:
        flops = baseline_flops
    elif is_baseline.any():
        flops = _one_network(rows.loc[is_baseline, "flops"], f"the baseline of {family}")
    elif given.notna().any():
        flops = float((rows["flops"] / given).median())
        notes.append(f"{family}: no baseline; its FLOPs, {flops:,.0f}, are the median of FLOPs over budget.")
    else:
        flops = _find_baseline(rows, family)
        notes.append(f"{family}: the smallest network, of {flops:,.0f} multiply-adds, is the baseline.")
    obtained = rows["flops"] / flops
    is_baseline |= given.isna() & ((obtained - 1).abs() <= SAME_FLOPS)
    if (is_named & ((obtained - 1).abs() > SAME_FLOPS)).any():
        raise UserError(f"the baseline of {family} has other FLOPs than {option('baseline-flops')} {flops:,.0f}")
    rule = rows["rule"].mask(is_baseline, BASELINE)
    requested = given.mask(is_baseline, 1.0)
    unknown = requested.isna()
    if unknown.any():
        if not unknown[~is_baseline].all():
            raise UserError(f"{family} has rows with and without a budget; give all of them, or none")
        requested[unknown] = _infer(rows.assign(obtained=obtained)[unknown], family)
        levels = join_words(f"{level:g}" for level in sorted(set(requested[unknown])))
        notes.append(f"{family}: budgets that were inferred from FLOPs, in times the baseline's: {levels}.")
    elif off := _list_off_budget(rows, requested, obtained):
        notes.append(f"{family}: networks whose FLOPs are not those of their budget: {off}.")
    return Budgets(rule, requested, obtained, notes)


def _list_off_budget(rows: pd.DataFrame, requested: "pd.Series[float]", obtained: "pd.Series[float]") -> str:
    """Return the networks that are not on their budget, each once, in words; empty without any."""
    budgets = rows[["rule"]].assign(times_flops=requested, times_flops_got=obtained, w=rows.get("w"))
    off = budgets[~find_on_budget(budgets)].drop_duplicates()
    networks = [
        f"{row.rule} has {row.times_flops_got:.3g}\N{MULTIPLICATION SIGN} at {row.times_flops:g}\N{MULTIPLICATION SIGN}"
        for row in off.itertuples()
    ]
    more = f" and {len(networks) - MAX_LISTED} more" if len(networks) > MAX_LISTED else ""
    return ", ".join(networks[:MAX_LISTED]) + more


def _one_network(flops: "pd.Series[float]", what: str) -> float:
    """Return the FLOPs of one network. Raises UserError if they differ."""
    if flops.max() > flops.min() * (1 + SAME_FLOPS):
        raise UserError(f"{what} has {flops.min():,.0f} and {flops.max():,.0f} multiply-adds; it is one network")
    return float(flops.iloc[0])


def _find_baseline(rows: pd.DataFrame, family: str) -> float:
    """Return the FLOPs of the smallest network if every rule has it with the same accuracies.

    Raises:
        UserError: It may be another network for each rule.
    """
    smallest = rows["flops"].min()
    small = rows[rows["flops"] <= smallest * (1 + SAME_FLOPS)]
    by_rule = [
        part.set_index("seed")["test_accuracy"].sort_index().to_dict() for _, part in small.groupby("rule", sort=False)
    ]
    if len(by_rule) == rows["rule"].nunique() and all(accuracies == by_rule[0] for accuracies in by_rule):
        return float(smallest)
    raise UserError(
        f"{family} has no baseline: no row with the rule baseline or with the budget 1; "
        f"give its FLOPs, as the column has them, with {option('baseline-flops')} "
        f"(the smallest network has {smallest:,.0f})"
    )


def _infer(rows: pd.DataFrame, family: str) -> "pd.Series[float]":
    """Return the budget of each row: networks of different rules with about equal FLOPs share one.

    Raises:
        UserError: A rule has two networks near one budget.
    """
    requested = pd.Series(float("nan"), index=rows.index)
    for group in _near(sorted(rows["obtained"].unique())):
        members = rows[rows["obtained"].isin(group)]
        for rule, part in members.groupby("rule", sort=False):
            if part["flops"].max() > part["flops"].min() * (1 + SAME_FLOPS):
                raise UserError(
                    f"{family}: {rule} has networks of {part['flops'].min():,.0f} and {part['flops'].max():,.0f} "
                    f"multiply-adds, which are near one budget; name the column of budgets with "
                    f"{column_option('budget', 'COLUMN')}"
                )
        requested[members.index] = _round_level(group)
    return requested


def _near(ratios: Sequence[float]) -> Iterator[list[float]]:
    """Yield groups of rising ratios that can all be within tolerance of one budget."""
    group: list[float] = []
    for ratio in ratios:
        if group and ratio > group[0] * (1 + TOLERANCE_WITHOUT_WIDTH) / (1 - TOLERANCE_WITHOUT_WIDTH):
            yield group
            group = []
        group.append(ratio)
    if group:
        yield group


def _round_level(group: Sequence[float]) -> float:
    """Return the shortest number that is near the middle of a group, and within tolerance of all of it."""
    middle = sqrt(group[0] * group[-1])
    for digits in range(1, 5):
        level = float(f"{middle:.{digits}g}")
        is_near = abs(level / middle - 1) <= ROUND_BUDGET
        if is_near and level != 1 and all(abs(ratio / level - 1) <= TOLERANCE_WITHOUT_WIDTH for ratio in group):
            return level
    return middle
