"""What a table has to say about networks: each with its seeds, and which of its test pictures each seed got right."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scaling_lab.analysis.answer_bits import correct_bits_by_key
from scaling_lab.networks.scaling.fit import TOLERANCE, TOLERANCE_WITHOUT_WIDTH

SETTING_COLUMNS = ["family", "dataset", "recipe", "rounding", "lr_times"]
ARM_COLUMNS = [*SETTING_COLUMNS, "rule", "times_flops", "d", "w", "r"]
COST_NAMES = {
    "flops": "FLOPs (multiply-adds)",
    "params": "parameters",
    "activations": "activations",
    "latency": "seconds of one picture",
    "train_seconds": "seconds of training",
}
"""What networks can be made equal in, in words."""
COST_COLUMNS = {"latency": "latency_seconds"}
OBTAINED_COLUMNS = ("times_flops_got", "d_got", "w_got", "r_got", "depth_share", "width_share", "resolution_share")


@dataclass(frozen=True)
class Setting:
    """What must be the same for two rules to be compared."""

    family: str
    dataset: str
    recipe: str
    rounding: str
    lr_times: float

    def __str__(self) -> str:
        lr = "" if self.lr_times == 1 else f", learning rate times {self.lr_times:g}"
        return f"{self.dataset}, recipe {self.recipe}{lr}, rounding {self.rounding}"


@dataclass(frozen=True)
class VarianceComponents:
    """What a cell's seeds say: variance of their accuracies, interaction of seed and picture, mean by picture."""

    seeds: int
    variance: float
    interaction: float
    by_image: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cell:
    """One network trained with some seeds. packed: uint8 (seeds, bytes), the test pictures' bits; got: GOT's columns.

    costs: by the names of COSTS, times as medians over seeds; a cost that was not measured is left out. unrest: the
    largest over the least of the seeds.
    held_out: accuracy on the held-out pictures by seed, 0 to 1. seconds: of a whole point, mean over seeds.
    """

    keys: tuple[str, ...]
    seeds: tuple[int, ...]
    test_images: int
    packed: NDArray[np.uint8]
    held_out_accuracy: NDArray[np.float64]
    costs: dict[str, float]
    obtained: dict[str, float]
    point_seconds: float
    cost_ratios: dict[str, float] = field(default_factory=dict)

    @cached_property
    def correct(self) -> NDArray[np.uint8]:
        """1 where a seed (row) got a test picture (column) right."""
        return np.unpackbits(self.packed, axis=1, count=self.test_images)

    @cached_property
    def accuracy(self) -> NDArray[np.float64]:
        """Share of the test pictures that each seed got right."""
        found: NDArray[np.float64] = self.correct.mean(axis=1)
        return found

    @cached_property
    def variance_components(self) -> VarianceComponents:
        """The noise of at least two seeds."""
        seeds, count = self.correct.shape
        variance = float(self.accuracy.var(ddof=1))
        by_picture = self.correct.mean(axis=0)
        within = float((by_picture * (1 - by_picture)).mean()) * seeds / (seeds - 1)
        return VarianceComponents(seeds, variance, max(0.0, within - variance) * count / (count - 1), by_picture)


@dataclass(frozen=True)
class Arm:
    """A rule at a budget in a setting, and the network that it came to; None without a finished result.

    times_flops is None for explicit multipliers. met: whether the FLOPs got are those asked (`on_budget`).
    """

    setting: Setting
    rule: str
    times_flops: float | None
    is_on_budget: bool
    cell: Cell | None
    requested_seeds: int


@dataclass(frozen=True)
class Evidence:
    """All arms of a table in its order, and sentences about what was left out of them."""

    arms: tuple[Arm, ...]
    notes: tuple[str, ...] = ()

    def arms_of(self, setting: Setting) -> list[Arm]:
        """The arms of one setting."""
        return [arm for arm in self.arms if arm.setting == setting]

    def at_recipe_lr(self) -> "Evidence":
        """The same without the settings at other learning rates, where the recipe's own was also tried."""
        every = set(self.settings)
        kept = {one for one in every if one.lr_times == 1 or replace(one, lr_times=1.0) not in every}
        return replace(self, arms=tuple(arm for arm in self.arms if arm.setting in kept))

    @property
    def settings(self) -> list[Setting]:
        """Every setting once, in the table's order."""
        return list(dict.fromkeys(arm.setting for arm in self.arms))


def collect_evidence(table: pd.DataFrame) -> Evidence:
    """The arms of a table with the columns of `scaling_lab.store.table`. Raises ValueError naming a missing column."""
    needed = [
        *ARM_COLUMNS,
        "key",
        "seed",
        "test_accuracy",
        "test_pictures",
        "test_correct",
        "held_out_accuracy",
        *OBTAINED_COLUMNS,
    ]
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise ValueError(f"the table has no column {', '.join(missing)}")
    bits, notes = correct_bits_by_key(table)
    met = find_on_budget(table).to_numpy()
    groups = table.groupby(ARM_COLUMNS, sort=False, dropna=False).indices
    columns = {name: table[name].to_numpy() for name in table.columns}
    asked = sorted(groups.items(), key=lambda item: item[1][0])
    done = [[place for place in own if columns["key"][place] in bits] for _, own in asked]
    cells: dict[tuple[int, ...], Cell] = {}
    arms = []
    for (where, own), places in zip(asked, _networks(columns["key"], done), strict=True):
        rows = _one_a_seed(columns, places)
        if rows and rows not in cells:
            cells[rows] = _cell(columns, rows, bits)
        arms.append(_arm(where, bool(met[own[0]]), cells.get(rows), len({columns["seed"][place] for place in own})))
    return Evidence(tuple(arms), (*notes, *_mixed(table)))


def find_on_budget(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether the FLOPs got are the FLOPs asked: within 2 %, or 5 % for a rule that asks for no width."""
    no_width = rows["w"].isna() | (rows["w"] == 1)
    tolerance = no_width.map({True: TOLERANCE_WITHOUT_WIDTH, False: TOLERANCE}).astype(float)
    return (rows["times_flops_got"].astype(float) / rows["times_flops"].astype(float) - 1).abs() <= tolerance + 1e-9


def _arm(where: Any, met: bool, cell: Cell | None, asked: int) -> Arm:
    *setting, rule, times, _, _, _ = where
    return Arm(Setting(*setting), str(rule), None if pd.isna(times) else float(times), met, cell, asked)


def _networks(keys: NDArray[Any], done: Sequence[Sequence[int]]) -> list[list[int]]:
    """The rows of each arm's network: its own, and those of the arms that share a result with it."""
    of_key: dict[Hashable, list[int]] = {}
    for places in done:
        whole = sorted({place for own in places for place in [own, *of_key.get(keys[own], [])]})
        for place in whole:
            of_key[keys[place]] = whole
    return [of_key[keys[places[0]]] if places else [] for places in done]


def _one_a_seed(columns: dict[str, NDArray[Any]], places: Iterable[int]) -> tuple[int, ...]:
    """The last row of each seed, in the order of seeds, so that a network is the same cell wherever it answers."""
    return tuple(place for _, place in sorted({columns["seed"][place]: place for place in places}.items()))


def _cell(columns: dict[str, NDArray[Any]], places: Sequence[int], bits: Mapping[Hashable, NDArray[np.uint8]]) -> Cell:
    keys = tuple(columns["key"][place] for place in places)
    costs, unrest = {}, {}
    for name in COST_NAMES:
        column = columns.get(COST_COLUMNS.get(name, name))
        values = np.array([column[place] for place in places], dtype=float) if column is not None else np.array([])
        if values.size and np.isfinite(values).all() and (values > 0).all():
            costs[name], unrest[name] = float(np.median(values)), float(values.max() / values.min())
    whole = columns.get("point_seconds")
    return Cell(
        keys=keys,
        seeds=tuple(int(columns["seed"][place]) for place in places),
        test_images=int(columns["test_pictures"][places[0]]),
        packed=np.stack([bits[key] for key in keys]),
        held_out_accuracy=np.array([columns["held_out_accuracy"][place] for place in places], dtype=float),
        costs=costs,
        cost_ratios=unrest,
        obtained={name: float(columns[name][places[0]]) for name in OBTAINED_COLUMNS},
        point_seconds=float(np.mean([whole[place] for place in places])) if whole is not None else float("nan"),
    )


def _mixed(table: pd.DataFrame) -> list[str]:
    """What the finished points do not have in common and should."""
    done = table[table["state"] == "done"] if "state" in table else table
    said = []
    for name, what in (("commit", "versions of the code"), ("device", "devices")):
        values = sorted(map(str, done[name].dropna().unique())) if name in done else []
        if len(values) > 1:
            said.append(f"The results are of {len(values)} {what} ({', '.join(values)}), which may differ in accuracy.")
    return said
