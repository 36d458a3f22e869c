"""Costs of several networks as aligned text: one row per network."""

from collections.abc import Collection, Sequence

from scaling_lab.api.cost_text import (
    CONVENTION,
    MODULE_MEMORY,
    CostRow,
    count_cells,
    describe_input,
    exact_budgets,
    memory_cells,
)
from scaling_lab.api.network_cost import NetworkCost
from scaling_lab.formatting import align_columns, format_split
from scaling_lab.networks.module_network import ModuleNetwork
from scaling_lab.networks.scaling.multipliers import Multipliers

SHARES = ("requested d/w/r", "obtained d/w/r")
HEADS = {"family": "family", "rule": "rule", "times_flops": "requested"}


def comparison_text(rows: Sequence[CostRow], batch: int) -> str:
    """Return one row per network, and one line for each that has none near enough to the budget.

    Args:
        rows: Networks; at least one with a cost.
        batch: Images of the training step whose memory is given.
    """
    shown = [name for name in ("family", "rule", "times_flops") if len({getattr(row, name) for row in rows}) > 1]
    labels = {row: [_label(name, getattr(row, name)) for name in shown] for row in rows}
    known = {row: row.cost for row in rows if isinstance(row.cost, NetworkCost)}
    first = next(iter(known.values()))
    header = ("times FLOPs", "depth", "width", "side", *SHARES, "FLOPs", "params", "activations")
    heads = [HEADS[name] for name in shown]
    table: list[tuple[str, ...]] = [(*heads, *header, "inference", "training", f"batch of {batch}")]
    for row, cost in known.items():
        sizes = (*_obtained(cost), *count_cells(cost.total), *memory_cells(cost.network, batch))
        table.append((*labels[row], *sizes))
    of_family = {row.family: row for row in known}
    exact = [line for row in of_family.values() if (line := exact_budgets(row))]
    is_module = {isinstance(cost.network, ModuleNetwork) for cost in known.values()}
    errors = [f"{' '.join(labels[row])}: {row.cost}" for row in rows if isinstance(row.cost, Exception)]
    if first.rule is None:  # multipliers have no shares of a budget
        table = _without(table, SHARES)
    if False not in is_module:
        table = _without(table, table[0][-3:])
    return "\n".join(
        [
            f"{_title(rows, first)}, rounding {first.rounding}, {describe_input(first.network)}",
            "",
            *align_columns(table, [place for place, name in enumerate(shown) if name != "times_flops"]),
            *([""] if errors else []),
            *errors,
            "",
            CONVENTION,
            "Depth and width: multiples of the baseline's blocks and stage widths.",
            *(["Shares of depth, width and resolution in the growth, in percent."] if first.rule else []),
            *exact,
            *(_memory_legend(batch) if False in is_module else []),
            *([MODULE_MEMORY] if True in is_module else []),
        ]
    )


def _without(table: Sequence[tuple[str, ...]], names: Collection[str]) -> list[tuple[str, ...]]:
    """Return the rows without the columns of these names."""
    places = [place for place, name in enumerate(table[0]) if name not in names]
    return [tuple(row[place] for place in places) for row in table]


def _memory_legend(batch: int) -> list[str]:
    return [
        "Inference, training: peak activation memory for one image in float32.",
        f"Batch of {batch}: a training step, including weights, gradients and SGD momentum.",
    ]


def _title(rows: Sequence[CostRow], first: NetworkCost) -> str:
    """Return what all rows have in common."""
    family = first.family if len({row.family for row in rows}) == 1 else f"{len({row.family for row in rows})} families"
    rule = f", {first.rule}" if first.rule and len({row.rule for row in rows}) == 1 else ""
    times = f", requested {first.times_flops_requested:.4g} times its FLOPs" if first.times_flops_requested else ""
    return f"{family}{rule}{times if len({row.times_flops for row in rows}) == 1 else ''}"


def _label(name: str, value: str | float | None) -> str:
    return f"{value:g}x" if name == "times_flops" else str(value)


def _obtained(cost: NetworkCost) -> tuple[str, ...]:
    obtained = cost.fit.obtained
    sizes = (f"{cost.times_flops:.3f}", f"{obtained.d:.3f}", f"{obtained.w:.3f}", str(cost.resolution))
    return (*sizes, _percents(cost.requested), _percents(obtained))


def _percents(by: Multipliers | None) -> str:
    shares = by.shares if by is not None else None
    return format_split(shares) if shares else ""
