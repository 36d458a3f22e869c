"""What networks cost, for a reader and for a program: asked and got, by stage and in all, or rule by rule. No torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scaling_lab.networks.costs.cost import Cost, by_part, cost
from scaling_lab.networks.costs.memory import memory, training_step
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.fit import Fit

CONVENTION = "FLOPs are multiply-adds of convolutions and linear layers, for one picture."


@dataclass(frozen=True)
class Asked:
    """What was asked of a family. rule and times_flops are None for explicit multipliers; d, w and r are None for a
    rule that is no shares of a budget."""

    family: str
    rule: str | None
    rounding: str
    times_flops: float | None
    d: float | None
    w: float | None
    r: float | None


def as_json(asked: Asked, found: Fit) -> dict[str, Any]:
    """One object: the cost, the network's sizes, and what was asked and got. Resolution is the side in pixels."""
    network, total, bytes_ = found.network, cost(found.network), memory(found.network)
    inner = [stage.inner for stage in network.stages]
    return {
        **vars(asked),
        "times_flops_got": found.times_flops,
        "d_got": found.got.d,
        "w_got": found.got.w,
        "r_got": found.got.r,
        "flops": total.flops,
        "flops_fvcore": total.flops_fvcore,
        "params": total.params,
        "activations": total.activations,
        "inference_bytes": bytes_.inference,
        "training_bytes": bytes_.training,
        "depths": list(network.depths),
        "widths": list(network.widths),
        "inner": inner if any(inner) else None,
        "stem": network.stem.width,
        "head": network.head.width,
        "resolution": network.side,
        "total_stride": network.total_stride,
    }


def as_text(asked: Asked, found: Fit, batch: int) -> str:
    """A table by stage, with totals and what was asked and got. batch: pictures of the training step that is told."""
    total = cost(found.network)
    head = ("part", "blocks", "width", "side after", "FLOPs", "params", "activations")
    sizes = _sizes(found.network)
    rows = [(name, *sizes[name], *_counts(part)) for name, part in by_part(found.network)]
    rows.append(("total", str(sum(found.network.depths)), "", "", *_counts(total)))
    got = f"{found.times_flops:.4g} times the baseline's FLOPs, {_multipliers(found.got.d, found.got.w, found.got.r)}"
    return "\n".join(
        [
            f"{asked.family}, {_question(asked)}, at {found.network.side} px",
            f"got {got}; total stride {found.network.total_stride}",
            *([_shares(found)] if found.got.shares else []),
            "",
            *_aligned([head, *rows]),
            "",
            CONVENTION,
            f"fvcore's total, with batch norm and pooling: {total.flops_fvcore:,}.",
            *_memory(found.network, batch),
        ]
    )


def as_comparison(tried: Mapping[str, tuple[Asked, Fit] | Exception], batch: int) -> str:
    """A row a rule with what it got, and a line for each rule that has no network near enough."""
    met = {rule: each for rule, each in tried.items() if not isinstance(each, Exception)}
    head = ("rule", "times FLOPs", "depth", "width", "side", "shares d/w/r", "FLOPs", "params", "activations")
    rows = [(*head, "inference", "training", f"batch of {batch}")]
    for rule, (_, found) in met.items():
        rows.append((rule, *_got(found), *_counts(cost(found.network)), *_bytes(found.network, batch)))
    asked = next(iter(met.values()))[0]
    unmet = [f"{rule}: {reason}" for rule, reason in tried.items() if isinstance(reason, Exception)]
    return "\n".join(
        [
            f"{asked.family}, asked {asked.times_flops:.4g} times its FLOPs, rounding {asked.rounding}",
            "",
            *_aligned(rows),
            *([""] if unmet else []),
            *unmet,
            "",
            CONVENTION,
            "Depth and width: times the blocks and the stage widths. Inference, training: peak activation memory of",
            f"one picture in float32. Batch of {batch}: a training step, with weights, gradients and momentum of SGD.",
        ]
    )


def _got(found: Fit) -> tuple[str, ...]:
    shares = "/".join(f"{round(100 * share)}" for share in found.got.shares) if found.got.shares else ""
    got = found.got
    return (f"{found.times_flops:.3f}", f"{got.d:.3f}", f"{got.w:.3f}", str(found.network.side), shares)


def _bytes(network: Network, batch: int) -> tuple[str, str, str]:
    one = memory(network)
    return _size(one.inference), _size(one.training), _size(training_step(network, batch))


def _memory(network: Network, batch: int) -> list[str]:
    inference, training, step = _bytes(network, batch)
    return [
        f"Peak activation memory of one picture in float32: {inference} in inference, {training} in a training step.",
        f"A training step of {batch} pictures with SGD and momentum: {step}, with weights, gradients and momentum.",
    ]


def _size(count: int) -> str:
    """Bytes in MiB or GiB."""
    return f"{count / 2**20:,.1f} MiB" if count < 2**30 else f"{count / 2**30:,.2f} GiB"


def _shares(found: Fit) -> str:
    parts = zip(("depth", "width", "resolution"), found.got.shares or (), strict=False)
    return "shares of the growth: " + ", ".join(f"{name} {round(100 * share)} %" for name, share in parts)


def _question(asked: Asked) -> str:
    if asked.rule is None:
        return f"asked {_multipliers(asked.d, asked.w, asked.r)}, rounding {asked.rounding}"
    return f"asked {asked.rule} at {asked.times_flops:g} times the baseline's FLOPs, rounding {asked.rounding}"


def _multipliers(d: float | None, w: float | None, r: float | None) -> str:
    return f"depth {d:.4g}, width {w:.4g}, resolution {r:.4g}"


def _sizes(network: Network) -> dict[str, tuple[str, str, str]]:
    """Blocks, width (with the one inside bottlenecks) and side after each part, as text."""
    side = _divided(network.side, network.stem.stride * (2 if network.stem.pool else 1))
    sizes = {"stem": ("", str(network.stem.width), str(side))}
    for number, stage in enumerate(network.stages, 1):
        side = _divided(side, stage.stride)
        width = str(stage.width) if stage.inner is None else f"{stage.width} ({stage.inner} inside)"
        sizes[f"stage{number}"] = (str(len(stage.blocks)), width, str(side))
    return sizes | {"head": ("", "" if network.head.width is None else str(network.head.width), "1")}


def _divided(side: int, stride: int) -> int:
    return -(-side // stride)


def _counts(part: Cost) -> tuple[str, str, str]:
    return f"{part.flops:,}", f"{part.params:,}", f"{part.activations:,}"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Lines of columns two apart, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
