"""Costs of one network as aligned text, by stage."""

from typing import NamedTuple

from scaling_lab.api.network_cost import NetworkCost
from scaling_lab.formatting import align_columns, pluralize
from scaling_lab.networks.costs.cost import Cost, cost_by_part, strided_side
from scaling_lab.networks.costs.memory import peak_memory, training_step_bytes
from scaling_lab.networks.module_network import AnyNetwork, ModuleNetwork
from scaling_lab.networks.scaling.grid_budgets import find_exact_sides
from scaling_lab.networks.scaling.multipliers import Multipliers

DIMENSIONS = ("depth", "width", "resolution")
MAX_EXACT = 8  # budgets in a sentence
MODULE_MEMORY = "The memory of a module is not known before it is trained."
CONVENTION = "FLOPs are multiply-adds of convolutions and linear layers, for one image."


class CostRow(NamedTuple):
    """A network that was requested: its cost, or the error if there is none near enough to the budget."""

    family: str
    rule: str | None
    times_flops: float | None
    cost: NetworkCost | Exception


def cost_text(cost: NetworkCost, batch: int = 64) -> str:
    """Return a table by stage with totals, the requested and the obtained size, and memory.

    Args:
        cost: The network and its cost.
        batch: Images of the training step whose memory is given.
    """
    network = cost.network
    header = ("part", "blocks", "width", "side after", "FLOPs", "params", "activations")
    sizes = _sizes(network)
    rows = [(name, *sizes[name], *count_cells(part)) for name, part in cost_by_part(network)]
    rows.append(("total", str(sum(cost.depths)), "", "", *count_cells(cost.total)))
    return "\n".join(
        [
            f"{cost.family} at {cost.resolution} px, {describe_input(network)}",
            f"requested: {_request(cost)}, rounding {cost.rounding}",
            f"obtained:  {cost.times_flops:.4g} times the baseline's FLOPs, {_multipliers(cost.fit.obtained)}; "
            f"total stride {network.total_stride}",
            *_shares(cost),
            *([exact] if (exact := exact_budgets(CostRow(cost.family, cost.rule, None, cost))) else []),
            "",
            *align_columns([header, *rows]),
            "",
            CONVENTION,
            f"fvcore's total, with batch norm and pooling: {cost.total.flops_fvcore:,}.",
            *_memory(network, batch),
        ]
    )


def exact_budgets(row: CostRow) -> str:
    """Return a sentence on the budgets that resolution alone meets exactly; empty without a rule or such budgets."""
    if row.rule is None or isinstance(row.cost, Exception) or isinstance(row.cost.network, ModuleNetwork):
        return ""
    side = round(row.cost.resolution / row.cost.fit.obtained.r)
    budgets = find_exact_sides(side, row.cost.network.total_stride)
    listed = [f"{times:g}x ({larger} px)" for larger, times in budgets.items()]
    more = ", ..." if len(listed) > MAX_EXACT else ""
    return f"Exact budgets of {row.family} for a side: {', '.join(listed[:MAX_EXACT])}{more}." if listed else ""


def describe_input(network: AnyNetwork) -> str:
    """Return the channels of the input and the classes in words."""
    classes = f"{network.classes:,} class{'es' if network.classes > 1 else ''}"
    return f"{pluralize(network.channels, 'input channel')}, {classes}"


def memory_cells(network: AnyNetwork, batch: int) -> tuple[str, str, str]:
    """Return peak memory in inference and training, and that of a training step; empty for a module."""
    if isinstance(network, ModuleNetwork):
        return "", "", ""
    peak = peak_memory(network)
    return _size(peak.inference), _size(peak.training), _size(training_step_bytes(network, batch))


def _memory(network: AnyNetwork, batch: int) -> list[str]:
    if isinstance(network, ModuleNetwork):
        return [MODULE_MEMORY]
    inference, training, step = memory_cells(network, batch)
    return [
        f"Peak activation memory for one image in float32: {inference} in inference, {training} in a training step.",
        f"A training step of {batch} images with SGD: {step}, including weights, gradients and momentum.",
    ]


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB" if count < 2**30 else f"{count / 2**30:,.2f} GiB"


def _shares(cost: NetworkCost) -> list[str]:
    obtained, requested = cost.fit.obtained.shares, cost.requested.shares if cost.rule and cost.requested else None
    if obtained is None:
        return []
    texts = [f"{name} {round(100 * share)} %" for name, share in zip(DIMENSIONS, obtained, strict=True)]
    if requested is not None:
        pairs = zip(texts, requested, strict=True)
        texts = [f"{text} (requested {round(100 * share)} %)" for text, share in pairs]
    return ["shares of the growth: " + ", ".join(texts)]


def _request(cost: NetworkCost) -> str:
    if cost.rule is not None:
        return f"{cost.rule} at {cost.times_flops_requested:g} times the baseline's FLOPs"
    return _multipliers(cost.requested) if cost.requested else ""


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


def count_cells(part: Cost) -> tuple[str, str, str]:
    """Return FLOPs (multiply-adds), parameters and activations as text."""
    return f"{part.flops:,}", f"{part.params:,}", f"{part.activations:,}"
