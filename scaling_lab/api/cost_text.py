"""Costs of networks as aligned text: one network by stage, or several rules at one budget."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from scaling_lab.api.network_cost import NetworkCost
from scaling_lab.formatting import format_split, pluralize
from scaling_lab.networks.costs.cost import Cost, cost_by_part, strided_side
from scaling_lab.networks.costs.memory import peak_memory, training_step_bytes
from scaling_lab.networks.module_network import AnyNetwork, ModuleNetwork
from scaling_lab.networks.scaling.grid_budgets import find_exact_sides
from scaling_lab.networks.scaling.multipliers import Multipliers

DIMENSIONS = ("depth", "width", "resolution")
SHARES = ("requested d/w/r", "obtained d/w/r")
HEADS = {"family": "family", "rule": "rule", "times_flops": "requested"}
MAX_EXACT = 8  # budgets in a sentence
CONVENTION = "FLOPs are multiply-adds of convolutions and linear layers, for one image."


class CostRow(NamedTuple):
    """A network that was requested: its cost, or the error if there is none near enough to the budget."""

    family: str
    rule: str | None
    times_flops: float | None
    cost: NetworkCost | Exception


def cost_text(spent: NetworkCost, batch: int = 64) -> str:
    """Return a table by stage with totals, the requested and the obtained size, and memory.

    Args:
        spent: The network and its cost.
        batch: Images of the training step whose memory is given.
    """
    network = spent.network
    header = ("part", "blocks", "width", "side after", "FLOPs", "params", "activations")
    sizes = _sizes(network)
    rows = [(name, *sizes[name], *_counts(part)) for name, part in cost_by_part(network)]
    rows.append(("total", str(sum(spent.depths)), "", "", *_counts(spent.total)))
    return "\n".join(
        [
            f"{spent.family} at {spent.resolution} px, {_input(network)}",
            f"requested: {_request(spent)}, rounding {spent.rounding}",
            f"obtained:  {spent.times_flops:.4g} times the baseline's FLOPs, {_multipliers(spent.fit.obtained)}; "
            f"total stride {network.total_stride}",
            *_shares(spent),
            *([exact] if (exact := _exact_budgets(CostRow(spent.family, spent.rule, None, spent))) else []),
            "",
            *align_columns([header, *rows]),
            "",
            CONVENTION,
            f"fvcore's total, with batch norm and pooling: {spent.total.flops_fvcore:,}.",
            *_memory(network, batch),
        ]
    )


def comparison_text(rows: Sequence[CostRow], batch: int) -> str:
    """Return one row per network, and one line for each that has none near enough to the budget.

    Args:
        rows: Networks; at least one with a cost.
        batch: Images of the training step whose memory is given.
    """
    shown = [name for name in ("family", "rule", "times_flops") if len({getattr(row, name) for row in rows}) > 1]
    labels = {row: [_label(name, getattr(row, name)) for name in shown] for row in rows}
    first = next(row.cost for row in rows if isinstance(row.cost, NetworkCost))
    header = ("times FLOPs", "depth", "width", "side", *SHARES, "FLOPs", "params", "activations")
    heads = [HEADS[name] for name in shown]
    table: list[tuple[str, ...]] = [(*heads, *header, "inference", "training", f"batch of {batch}")]
    for row, label in labels.items():
        if isinstance(row.cost, NetworkCost):
            sizes = (*_obtained(row.cost), *_counts(row.cost.total), *_bytes(row.cost.network, batch))
            table.append((*label, *sizes))
    costs = {row.family: row for row in rows if isinstance(row.cost, NetworkCost)}
    exact = [line for row in costs.values() if (line := _exact_budgets(row))]
    errors = [f"{' '.join(labels[row])}: {row.cost}" for row in rows if isinstance(row.cost, Exception)]
    if first.rule is None:  # multipliers have no shares of a budget
        places = [place for place, name in enumerate(table[0]) if name not in SHARES]
        table = [tuple(row[place] for place in places) for row in table]
    return "\n".join(
        [
            f"{_title(rows, first)}, rounding {first.rounding}, {_input(first.network)}",
            "",
            *align_columns(table, [place for place, name in enumerate(shown) if name != "times_flops"]),
            *([""] if errors else []),
            *errors,
            "",
            CONVENTION,
            "Depth and width: multiples of the baseline's blocks and stage widths.",
            *(["Shares of depth, width and resolution in the growth, in percent."] if first.rule else []),
            *exact,
            "Inference, training: peak activation memory for one image in float32.",
            f"Batch of {batch}: a training step, including weights, gradients and SGD momentum.",
        ]
    )


def _exact_budgets(row: CostRow) -> str:
    """Return a sentence on the budgets that resolution alone meets exactly; empty without a rule or such budgets."""
    if row.rule is None or isinstance(row.cost, Exception) or isinstance(row.cost.network, ModuleNetwork):
        return ""
    side = round(row.cost.resolution / row.cost.fit.obtained.r)
    budgets = find_exact_sides(side, row.cost.network.total_stride)
    listed = [f"{times:g}x ({larger} px)" for larger, times in budgets.items()]
    more = ", ..." if len(listed) > MAX_EXACT else ""
    return f"Exact budgets of {row.family} for a side: {', '.join(listed[:MAX_EXACT])}{more}." if listed else ""


def _title(rows: Sequence[CostRow], first: NetworkCost) -> str:
    """Return what all rows have in common."""
    family = first.family if len({row.family for row in rows}) == 1 else f"{len({row.family for row in rows})} families"
    rule = f", {first.rule}" if first.rule and len({row.rule for row in rows}) == 1 else ""
    times = f", requested {first.times_flops_requested:.4g} times its FLOPs" if first.times_flops_requested else ""
    return f"{family}{rule}{times if len({row.times_flops for row in rows}) == 1 else ''}"


def _label(name: str, value: str | float | None) -> str:
    return f"{value:g}x" if name == "times_flops" else str(value)


def _obtained(spent: NetworkCost) -> tuple[str, ...]:
    obtained = spent.fit.obtained
    sizes = (f"{spent.times_flops:.3f}", f"{obtained.d:.3f}", f"{obtained.w:.3f}", str(spent.resolution))
    return (*sizes, _percents(spent.requested), _percents(obtained))


def _percents(by: Multipliers | None) -> str:
    shares = by.shares if by is not None else None
    return format_split(shares) if shares else ""


def _input(network: AnyNetwork) -> str:
    classes = f"{network.classes:,} class{'es' if network.classes > 1 else ''}"
    return f"{pluralize(network.channels, 'input channel')}, {classes}"


def _bytes(network: AnyNetwork, batch: int) -> tuple[str, str, str]:
    if isinstance(network, ModuleNetwork):
        return "", "", ""
    peak = peak_memory(network)
    return _size(peak.inference), _size(peak.training), _size(training_step_bytes(network, batch))


def _memory(network: AnyNetwork, batch: int) -> list[str]:
    if isinstance(network, ModuleNetwork):
        return ["The memory of a module is not known before it is trained."]
    inference, training, step = _bytes(network, batch)
    return [
        f"Peak activation memory for one image in float32: {inference} in inference, {training} in a training step.",
        f"A training step of {batch} images with SGD: {step}, including weights, gradients and momentum.",
    ]


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB" if count < 2**30 else f"{count / 2**30:,.2f} GiB"


def _shares(spent: NetworkCost) -> list[str]:
    obtained, requested = spent.fit.obtained.shares, spent.requested.shares if spent.rule and spent.requested else None
    if obtained is None:
        return []
    texts = [f"{name} {round(100 * share)} %" for name, share in zip(DIMENSIONS, obtained, strict=True)]
    if requested is not None:
        pairs = zip(texts, requested, strict=True)
        texts = [f"{text} (requested {round(100 * share)} %)" for text, share in pairs]
    return ["shares of the growth: " + ", ".join(texts)]


def _request(spent: NetworkCost) -> str:
    if spent.rule is not None:
        return f"{spent.rule} at {spent.times_flops_requested:g} times the baseline's FLOPs"
    return _multipliers(spent.requested) if spent.requested else ""


def _multipliers(by: Multipliers) -> str:
    return f"depth {by.d:.4g}, width {by.w:.4g}, resolution {by.r:.4g}"


def _sizes(network: AnyNetwork) -> dict[str, tuple[str, str, str]]:
    """Return blocks, width (with the inner width of bottlenecks) and output side of each part, as text."""
    if isinstance(network, ModuleNetwork):
        return {"module": (str(network.depths[0]), "", "")}
    side = strided_side(network.side, network.stem.stride * (2 if network.stem.pool else 1))
    sizes = {"stem": ("", str(network.stem.width), str(side))}
    for number, stage in enumerate(network.stages, 1):
        side = strided_side(side, stage.stride)
        width = str(stage.width) if stage.inner is None else f"{stage.width} ({stage.inner} inside)"
        sizes[f"stage{number}"] = (str(len(stage.blocks)), width, str(side))
    return sizes | {"head": ("", "" if network.head.width is None else str(network.head.width), "1")}


def _counts(part: Cost) -> tuple[str, str, str]:
    return f"{part.flops:,}", f"{part.params:,}", f"{part.activations:,}"


def align_columns(rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> list[str]:
    """Return lines with columns two spaces apart, right-aligned but for the columns in `left`."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
