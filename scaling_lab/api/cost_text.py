"""Costs of networks as aligned text: one network by stage, or several rules at one budget."""

from collections.abc import Collection, Mapping, Sequence

from scaling_lab.api.network_cost import NetworkCost
from scaling_lab.networks.costs.cost import Cost, cost_by_part, strided_side
from scaling_lab.networks.costs.memory import peak_memory, training_step_bytes
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers

CONVENTION = "FLOPs are multiply-adds of convolutions and linear layers, for one image."


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
            f"{spent.family} at {spent.resolution} px",
            f"requested: {_request(spent)}, rounding {spent.rounding}",
            f"obtained:  {spent.times_flops:.4g} times the baseline's FLOPs, {_multipliers(spent.fit.obtained)}; "
            f"total stride {network.total_stride}",
            *_shares(spent.fit.obtained),
            "",
            *align_columns([header, *rows]),
            "",
            CONVENTION,
            f"fvcore's total, with batch norm and pooling: {spent.total.flops_fvcore:,}.",
            *_memory(network, batch),
        ]
    )


def comparison_text(costs: Mapping[str, NetworkCost | Exception], batch: int) -> str:
    """Return one row per rule, and one line for each rule that has no network near enough to the budget.

    Args:
        costs: Cost or error by rule; at least one cost.
        batch: Images of the training step whose memory is given.
    """
    fitted = {rule: spent for rule, spent in costs.items() if isinstance(spent, NetworkCost)}
    header = ("rule", "times FLOPs", "depth", "width", "side", "shares d/w/r", "FLOPs", "params", "activations")
    rows: list[tuple[str, ...]] = [(*header, "inference", "training", f"batch of {batch}")]
    for rule, spent in fitted.items():
        rows.append((rule, *_obtained(spent), *_counts(spent.total), *_bytes(spent.network, batch)))
    first = next(iter(fitted.values()))
    errors = [f"{rule}: {error}" for rule, error in costs.items() if isinstance(error, Exception)]
    return "\n".join(
        [
            f"{first.family}, requested {first.times_flops_requested:.4g} times its FLOPs, rounding {first.rounding}",
            "",
            *align_columns(rows),
            *([""] if errors else []),
            *errors,
            "",
            CONVENTION,
            "Depth and width: multiples of the baseline's blocks and stage widths.",
            "Inference, training: peak activation memory for one image in float32.",
            f"Batch of {batch}: a training step, including weights, gradients and SGD momentum.",
        ]
    )


def _obtained(spent: NetworkCost) -> tuple[str, ...]:
    obtained = spent.fit.obtained
    shares = "/".join(f"{round(100 * share)}" for share in obtained.shares) if obtained.shares else ""
    return (f"{spent.times_flops:.3f}", f"{obtained.d:.3f}", f"{obtained.w:.3f}", str(spent.resolution), shares)


def _bytes(network: Network, batch: int) -> tuple[str, str, str]:
    peak = peak_memory(network)
    return _size(peak.inference), _size(peak.training), _size(training_step_bytes(network, batch))


def _memory(network: Network, batch: int) -> list[str]:
    inference, training, step = _bytes(network, batch)
    return [
        f"Peak activation memory for one image in float32: {inference} in inference, {training} in a training step.",
        f"A training step of {batch} images with SGD: {step}, including weights, gradients and momentum.",
    ]


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB" if count < 2**30 else f"{count / 2**30:,.2f} GiB"


def _shares(obtained: Multipliers) -> list[str]:
    if obtained.shares is None:
        return []
    parts = zip(("depth", "width", "resolution"), obtained.shares, strict=True)
    return ["shares of the growth: " + ", ".join(f"{name} {round(100 * share)} %" for name, share in parts)]


def _request(spent: NetworkCost) -> str:
    if spent.rule is not None:
        return f"{spent.rule} at {spent.times_flops_requested:g} times the baseline's FLOPs"
    return _multipliers(spent.requested) if spent.requested else ""


def _multipliers(by: Multipliers) -> str:
    return f"depth {by.d:.4g}, width {by.w:.4g}, resolution {by.r:.4g}"


def _sizes(network: Network) -> dict[str, tuple[str, str, str]]:
    """Return blocks, width (with the inner width of bottlenecks) and output side of each part, as text."""
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
