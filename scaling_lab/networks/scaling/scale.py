"""Apply multipliers to a network. All scaling goes through here."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, Protocol, runtime_checkable

from scaling_lab.networks.network import Network
from scaling_lab.networks.parts import Head, Stage
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import Rounding, distribute_blocks


@runtime_checkable
class ScalingRule(Protocol):
    """A family of networks of growing cost, indexed by a budget; 1 is the baseline."""

    def network(self, baseline: Network, times_flops: float, rounding: Rounding) -> Network:
        """Return the network for a nominal budget in times the baseline's FLOPs.

        The cost must grow with the budget; it need not meet it, since `fit.fit_network` solves for that.

        Raises:
            ValueError: The rule does not cover the budget.
        """
        ...


Dimension = Literal["depth", "width", "resolution"]


@runtime_checkable
class MultiplierRule(ScalingRule, Protocol):
    """A rule that gives multipliers. `solved` is the dimension that meets the budget once the others are rounded."""

    @property
    def solved(self) -> Dimension: ...

    def multipliers(self, times_flops: float) -> Multipliers: ...


def scale(baseline: Network, by: Multipliers, rounding: Rounding) -> Network:
    """Return `baseline` with its depths, widths (stem, stages, head) and side multiplied and rounded.

    Parts that a family fixes do not change.

    Raises:
        ValueError: The depth is below half a block in total, a width below one group of its stage, or the side below
            the total stride.
    """
    if by.d * sum(baseline.depths) < 0.5:
        raise ValueError(f"depth multiplier is {by.d:g}; must keep at least half a block of {sum(baseline.depths)}")
    return reshape(
        baseline,
        map_depths(baseline, lambda depths: rounding.depths(depths, by.d)),
        lambda channels: rounding.width(channels, by.w),
        rounding.side(baseline.side, by.r, baseline.total_stride),
    )


def map_depths(baseline: Network, new: Callable[[tuple[int, ...]], tuple[int, ...]]) -> tuple[int, ...]:
    """Return the blocks of each stage with `new` applied to the stages that deepen."""
    depths = iter(new(tuple(len(stage.blocks) for stage in baseline.stages if stage.deepens)))
    return tuple(next(depths) if stage.deepens else len(stage.blocks) for stage in baseline.stages)


def distribute_depths(baseline: Network, total: int) -> tuple[int, ...]:
    """Distribute `total` blocks over the stages by largest remainder. Stages that do not deepen keep theirs."""
    fixed = sum(len(stage.blocks) for stage in baseline.stages if not stage.deepens)
    return map_depths(baseline, lambda depths: distribute_blocks(depths, total - fixed))


def min_blocks(baseline: Network) -> int:
    """Return the number of blocks when every stage that deepens has one."""
    return sum(1 if stage.deepens else len(stage.blocks) for stage in baseline.stages)


def reshape(baseline: Network, depths: tuple[int, ...], width: Callable[[int], int], side: int) -> Network:
    """Return `baseline` with other depths and side, and `width` applied to every channel count that scales."""
    stem = baseline.stem
    return replace(
        baseline,
        stem=replace(stem, width=width(stem.width)) if stem.scales else stem,
        stages=tuple(_stage(stage, depth, width) for stage, depth in zip(baseline.stages, depths, strict=True)),
        head=_head(baseline.head, width),
        side=side,
    )


def _head(head: Head, width: Callable[[int], int]) -> Head:
    def new(channels: int | None) -> int | None:
        if channels is None:
            return None
        scaled = width(channels)
        return scaled if (head.grows if scaled > channels else head.shrinks) else channels

    return replace(head, width=new(head.width), hidden=new(head.hidden))


def _stage(stage: Stage, depth: int, width: Callable[[int], int]) -> Stage:
    wide = width(stage.width)
    if stage.group is not None:
        wide = _round_to_groups(wide, stage.group)
    inner = None if stage.inner is None else width(stage.inner)
    blocks = stage.blocks[:depth] + (stage.blocks[-1],) * (depth - len(stage.blocks))
    return Stage(wide, stage.stride, blocks, inner, stage.deepens, stage.group)  # `replace` takes three times as long


def _round_to_groups(width: int, group: int) -> int:
    """Return the nearest multiple of a group's width."""
    if width < group:
        raise ValueError(f"width is {width} channels; must be at least {group}, one group of the stage's convolutions")
    return (width + group // 2) // group * group
