"""Networks that were trained at several learning rates, with their accuracies on the held-out images.

Networks at chance count here: a rate at which a network does not learn is a bad one. A rate at which a training
diverged has no accuracy; it cannot be chosen.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.obtained_scaling import OBTAINED_COLUMNS
from scaling_lab.analysis.setting import SETTING_COLUMNS, Setting
from scaling_lab.analysis.unlearned.kinds import BASELINE, UNLEARNED_KINDS, find_kinds
from scaling_lab.formatting import TIMES, join_words

DIVERGED = UNLEARNED_KINDS[-1]
ANY_RATE = 1.0
"""Factor in the setting of a grid, which stands for all of its factors."""


@dataclass(frozen=True, eq=False)
class RateGrid:
    """A network at several learning rates.

    Attributes:
        setting: Its setting; `lr_times` is 1 for all factors.
        rules: Rules that led to the network; `baseline` alone at 1x.
        times_flops: Requested budget in times the baseline's FLOPs; None for explicit multipliers.
        cells: The network by factor of the recipe's learning rate, rising, without those at which a training diverged.
        unlearned: Number of seeds that did not learn, by factor and by kind (`unlearned.kinds.UNLEARNED_KINDS`).
    """

    setting: Setting
    rules: tuple[str, ...]
    times_flops: float | None
    cells: Mapping[float, Cell]
    unlearned: Mapping[float, Mapping[str, int]] = field(default_factory=dict)

    @property
    def factors(self) -> tuple[float, ...]:
        """The factors that can be chosen, rising."""
        return tuple(self.cells)

    @property
    def diverged(self) -> tuple[float, ...]:
        """The factors at which a training diverged, rising."""
        return tuple(factor for factor, kinds in sorted(self.unlearned.items()) if DIVERGED in kinds)

    @property
    def tried(self) -> tuple[float, ...]:
        """All factors, rising."""
        return tuple(sorted({*self.cells, *self.diverged}))

    @property
    def name(self) -> str:
        """The rules and the budget, or the baseline."""
        at = "" if self.times_flops in (None, 1) else f" at {self.times_flops:g}{TIMES}"
        return f"{join_words(self.rules)}{at}"

    def multiplier(self, name: str) -> float:
        """Return an obtained multiplier of the network, a name of `OBTAINED_COLUMNS`."""
        return next(iter(self.cells.values())).obtained[name]

    def held_out(self, factor: float) -> FloatArray:
        """Return the accuracy of each seed on the held-out images."""
        return self.cells[factor].held_out_accuracy


def collect_grids(evidence: Evidence, table: pd.DataFrame, failures: Mapping[str, str] | None = None) -> list[RateGrid]:
    """Return the networks that were trained at several learning rates, in the table's order.

    Args:
        evidence: All networks of the table, those at chance included.
        table: One row per question.
        failures: Reason of each failed point, by key.
    """
    unlearned = _count_unlearned(table.assign(kind=find_kinds(table, failures)))
    counted = [replace(grid, unlearned=unlearned.get(_grid_id(grid), {})) for grid in group_by_rate(evidence)]
    usable = [
        replace(grid, cells={factor: cell for factor, cell in grid.cells.items() if factor not in grid.diverged})
        for grid in counted
    ]
    return [grid for grid in usable if grid.cells and len(grid.tried) > 1]


def group_by_rate(evidence: Evidence) -> list[RateGrid]:
    """Return every network of the evidence with the learning rates that it was trained at, one or several."""
    groups: dict[tuple[Setting, str, float | None, tuple[str, ...]], dict[float, Cell]] = {}
    for arm in evidence.arms:
        if arm.cell:
            setting = replace(arm.setting, lr_times=ANY_RATE)
            rule = BASELINE if arm.times_flops == 1 else arm.rule
            network = (setting, rule, arm.times_flops, _obtained_id(arm.cell.obtained))
            groups.setdefault(network, {})[arm.setting.lr_times] = arm.cell
    merged: dict[tuple[Cell, ...], RateGrid] = {}
    for (setting, rule, times, _), cells in groups.items():
        rising = dict(sorted(cells.items()))
        known = merged.get(tuple(rising.values()))
        rules = (*known.rules, rule) if known else (rule,)
        merged[tuple(rising.values())] = RateGrid(setting, rules, times, rising)
    return list(merged.values())


def _count_unlearned(rows: pd.DataFrame) -> dict[object, dict[float, dict[str, int]]]:
    counts: dict[object, dict[float, dict[str, int]]] = {}
    named = rows.assign(rule=rows["rule"].where(rows["times_flops"] != 1, BASELINE))
    for row in named[named["kind"] != ""].drop_duplicates(["key", "rule"]).to_dict("records"):
        network = _network_id((str(row[name]) for name in SETTING_COLUMNS[:-1]), row["rule"], row["times_flops"], row)
        by_kind = counts.setdefault(network, {}).setdefault(float(row["lr_times"]), {})
        by_kind[row["kind"]] = by_kind.get(row["kind"], 0) + 1
    return counts


def _grid_id(grid: RateGrid) -> object:
    setting = (str(getattr(grid.setting, name)) for name in SETTING_COLUMNS[:-1])
    return _network_id(setting, grid.rules[0], grid.times_flops, next(iter(grid.cells.values())).obtained)


def _network_id(setting: Iterable[str], rule: str, times: Any, obtained: Mapping[Any, Any]) -> object:
    return (*setting, rule, None if pd.isna(times) else float(times), _obtained_id(obtained))


def _obtained_id(obtained: Mapping[Any, Any]) -> tuple[str, ...]:
    return tuple(f"{float(obtained[name]):.9g}" for name in OBTAINED_COLUMNS)
