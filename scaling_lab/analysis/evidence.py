"""Turn a study's table into networks with their seeds, test answers and costs: the input of every analysis."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scaling_lab.analysis.answer_bits import correct_bits_by_key
from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.metrics import ACCURACY, SEED_ACCURACY, Metric
from scaling_lab.analysis.mixture import describe_mixture, list_devices
from scaling_lab.analysis.obtained_scaling import OBTAINED_COLUMNS, find_on_budget, find_shares
from scaling_lab.analysis.setting import SETTING_COLUMNS, Setting
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.networks.scaling.obtained import ObtainedShares

ARM_COLUMNS = [*SETTING_COLUMNS, "rule", "times_flops", "d", "w", "r"]
COST_NAMES = {
    "flops": "FLOPs (multiply-adds)",
    "params": "parameters",
    "activations": "activations",
    "latency": "seconds per image",
    "train_seconds": "seconds of training",
}
"""The costs at which networks can be compared, with their names in sentences."""
COST_COLUMNS = {"latency": "latency_seconds"}
"""Columns of the table whose name differs from the cost's."""


@dataclass(frozen=True)
class Arm:
    """A rule at a budget in a setting, with the network it led to.

    Attributes:
        times_flops: Requested budget in times the baseline's FLOPs; None for explicit multipliers.
        is_on_budget: Whether the obtained FLOPs are the requested ones (see `find_on_budget`).
        cell: The network; None without a finished result.
        requested_seeds: Number of seeds in the plan.
        shares: Requested and obtained shares of depth, width and resolution; None at 1x, for explicit multipliers, and
            for rules that do not split a budget.
    """

    setting: Setting
    rule: str
    times_flops: float | None
    is_on_budget: bool
    cell: Cell | None
    requested_seeds: int
    shares: ObtainedShares | None = None

    @property
    def is_off_rule(self) -> bool:
        """Whether the network is not its rule's, because rounding gave it other shares."""
        return self.shares is not None and self.shares.is_off


@dataclass(frozen=True)
class Evidence:
    """What a table says.

    Attributes:
        arms: All arms, in the table's order.
        notes: Sentences on the results that were ignored, and on mixtures.
        devices: Devices that trained the finished points: cpu or cuda.
        looks: Earlier looks at the verdicts of the study, oldest first.
    """

    arms: tuple[Arm, ...]
    notes: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    looks: tuple[Look, ...] = ()

    def arms_of(self, setting: Setting) -> list[Arm]:
        """Return the arms of one setting."""
        return [arm for arm in self.arms if arm.setting == setting]

    def at_recipe_lr(self) -> "Evidence":
        """Return the evidence without the settings at other learning rates, where the recipe's own was tried too."""
        every = set(self.settings)
        selected = {
            setting for setting in every if setting.lr_times == 1 or replace(setting, lr_times=1.0) not in every
        }
        return replace(self, arms=tuple(arm for arm in self.arms if arm.setting in selected))

    @property
    def metric(self) -> Metric:
        """The measurement of its networks (`scaling_lab.analysis.scoring`)."""
        return next((arm.cell.metric for arm in self.arms if arm.cell), ACCURACY)

    @property
    def settings(self) -> list[Setting]:
        """Every setting once, in the table's order."""
        return list(dict.fromkeys(arm.setting for arm in self.arms))


def collect_evidence(table: pd.DataFrame, looks: Iterable[Look] = ()) -> Evidence:
    """Return the arms of a table with the columns of `scaling_lab.store.table`.

    Args:
        table: One row per question.
        looks: Earlier looks at the verdicts of the study, oldest first.

    Raises:
        ValueError: A column is missing.
    """
    needed = [*ARM_COLUMNS, "key", "seed", "test_accuracy", "test_pictures", "test_correct", "held_out_accuracy"]
    missing = [name for name in [*needed, *OBTAINED_COLUMNS] if name not in table.columns]
    if missing:
        raise ValueError(f"the table has no column {', '.join(missing)}")
    bits, notes = correct_bits_by_key(table)
    on_budget = find_on_budget(table).to_numpy()
    groups = table.groupby(ARM_COLUMNS, sort=False, dropna=False).indices
    columns = {name: table[name].to_numpy() for name in table.columns}
    requested = sorted(groups.items(), key=lambda item: item[1][0])
    finished = [[row for row in rows if columns["key"][row] in bits] for _, rows in requested]
    waiting = _waiting_keys(columns, [list(rows) for _, rows in requested], finished)
    cells: dict[tuple[int, ...], Cell] = {}
    arms = []
    for (arm, arm_rows), network_rows in zip(requested, _rows_by_network(columns["key"], finished), strict=True):
        rows = _last_row_by_seed(columns, network_rows)
        if rows and rows not in cells:
            waits = frozenset[str]().union(*(waiting.get(columns["key"][row], ()) for row in network_rows))
            cells[rows] = replace(_make_cell(columns, rows, bits), waiting=waits)
        seeds = len({columns["seed"][row] for row in arm_rows})
        shares = find_shares(columns, arm_rows[0])
        arms.append(_make_arm(arm, bool(on_budget[arm_rows[0]]), cells.get(rows), seeds, shares))
    return Evidence(tuple(arms), (*notes, *describe_mixture(table)), list_devices(table), tuple(looks))


def _make_arm(
    values: Any, is_on_budget: bool, cell: Cell | None, requested_seeds: int, shares: ObtainedShares | None
) -> Arm:
    *setting, rule, times, _, _, _ = values
    budget = None if pd.isna(times) else float(times)
    return Arm(Setting(*setting), str(rule), budget, is_on_budget, cell, requested_seeds, shares if budget else None)


def _rows_by_network(keys: NDArray[Any], finished: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the rows of each arm's network: the arm's own, and those of arms that share a result with it."""
    of_key: dict[Hashable, list[int]] = {}
    for arm_rows in finished:
        network = sorted({row for arm_row in arm_rows for row in [arm_row, *of_key.get(keys[arm_row], [])]})
        for row in network:
            of_key[keys[row]] = network
    return [of_key[keys[rows[0]]] if rows else [] for rows in finished]


def _waiting_keys(
    columns: dict[str, NDArray[Any]], requested: Sequence[Iterable[int]], finished: Sequence[Sequence[int]]
) -> dict[Hashable, set[str]]:
    """Return the keys that an arm still waits for, by each key that it has a result of."""
    states, keys = columns.get("state"), columns["key"]
    waiting: dict[Hashable, set[str]] = {}
    for arm_rows, finished_rows in zip(requested, finished, strict=True):
        waits = {keys[row] for row in arm_rows if states is not None and states[row] == "missing"}
        for row in finished_rows if waits else ():
            waiting.setdefault(keys[row], set()).update(waits)
    return waiting


def _last_row_by_seed(columns: dict[str, NDArray[Any]], rows: Iterable[int]) -> tuple[int, ...]:
    """Return the last row of each seed, by seed, so that a network is the same cell in all its arms."""
    return tuple(row for _, row in sorted({columns["seed"][row]: row for row in rows}.items()))


def _make_cell(
    columns: dict[str, NDArray[Any]], rows: Sequence[int], bits: Mapping[Hashable, NDArray[np.uint8] | None]
) -> Cell:
    keys = tuple(columns["key"][row] for row in rows)
    costs, cost_ratios = {}, {}
    for name in COST_NAMES:
        column = columns.get(COST_COLUMNS.get(name, name))
        values = np.array([column[row] for row in rows], dtype=float) if column is not None else np.array([])
        if values.size and np.isfinite(values).all() and (values > 0).all():
            costs[name], cost_ratios[name] = median(values.tolist()), float(values.max() / values.min())
    seconds, images = columns.get("point_seconds"), columns["test_pictures"][rows[0]]
    answers = [packed for key in keys if (packed := bits[key]) is not None]
    accuracies = np.array([columns["test_accuracy"][row] for row in rows], dtype=float)
    return Cell(
        keys=keys,
        seeds=tuple(int(columns["seed"][row]) for row in rows),
        test_images=None if pd.isna(images) else int(images),
        packed=np.stack(answers) if answers else np.zeros((len(keys), 0), dtype=np.uint8),
        metric=ACCURACY if answers else SEED_ACCURACY,
        scores=None if answers else accuracies,
        held_out_accuracy=np.array([columns["held_out_accuracy"][row] for row in rows], dtype=float),
        costs=costs,
        cost_ratios=cost_ratios,
        obtained={name: float(columns[name][rows[0]]) for name in OBTAINED_COLUMNS},
        point_seconds=float(np.mean([seconds[row] for row in rows])) if seconds is not None else float("nan"),
        epochs=None if (epochs := _common_value(columns, "epochs", rows)) is None else int(epochs),
        dataset_fingerprint=_common_value(columns, "dataset_fingerprint", rows),
    )


def _common_value(columns: dict[str, NDArray[Any]], name: str, rows: Sequence[int]) -> Any:
    """Return the value that all rows have in a column; None if they differ, or a row has none."""
    values = {columns[name][row] for row in rows} if name in columns else set()
    return values.pop() if len(values) == 1 and pd.notna(next(iter(values))) else None
