"""Network to network: the one place where a multiplier meets a network."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, Protocol, runtime_checkable

from scaling_lab.networks.network import Head, Network, Stage
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import Rounding, distribute_blocks


@runtime_checkable
class ScalingRule(Protocol):
    """One knob from small to large networks; 1 is the baseline itself."""

    def network(self, baseline: Network, times_flops: float, rounding: Rounding) -> Network:
        """The rule's network for a knob setting, dearer with the knob; what it really costs is for `fit` to see to.

        Raises ValueError for a setting that the rule does not go to.
        """
        ...


Dimension = Literal["depth", "width", "resolution"]


@runtime_checkable
class MultiplierRule(ScalingRule, Protocol):
    """A rule that asks for multipliers. `solved` is the dimension that meets the budget once the others are rounded."""

    @property
    def solved(self) -> Dimension: ...

    def multipliers(self, times_flops: float) -> Multipliers: ...


def scale(baseline: Network, by: Multipliers, rounding: Rounding) -> Network:
    """`baseline` with its depths, its widths (stem, stages, head) and its side multiplied and rounded.

    What a family holds fixed stays as it is. Raises ValueError when a depth multiplier leaves less than half a block of
    the whole network, a width multiplier less than a group of a stage, or the side does not take the strides.
    """
    if by.d * sum(baseline.depths) < 0.5:
        raise ValueError(f"depth multiplier {by.d:g} leaves nothing of {sum(baseline.depths)} blocks")
    return reshape(
        baseline,
        map_depths(baseline, lambda depths: rounding.depths(depths, by.d)),
        lambda channels: rounding.width(channels, by.w),
        rounding.side(baseline.side, by.r, baseline.total_stride),
    )


def map_depths(baseline: Network, new: Callable[[tuple[int, ...]], tuple[int, ...]]) -> tuple[int, ...]:
    """Blocks of each stage after `new` has been applied to those of the stages that deepen."""
    depths = iter(new(tuple(len(stage.blocks) for stage in baseline.stages if stage.deepens)))
    return tuple(next(depths) if stage.deepens else len(stage.blocks) for stage in baseline.stages)


def distribute_depths(baseline: Network, total: int) -> tuple[int, ...]:
    """`total` blocks over the stages by largest remainder, stages that do not deepen keeping theirs."""
    fixed = sum(len(stage.blocks) for stage in baseline.stages if not stage.deepens)
    return map_depths(baseline, lambda depths: distribute_blocks(depths, total - fixed))


def min_blocks(baseline: Network) -> int:
    """Blocks that are left when every stage that deepens has one."""
    return sum(1 if stage.deepens else len(stage.blocks) for stage in baseline.stages)


def reshape(baseline: Network, depths: tuple[int, ...], width: Callable[[int], int], side: int) -> Network:
    """`baseline` with these blocks a stage, `width` applied to every channel count that scales, and this side."""
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
        wanted = width(channels)
        return wanted if (head.grows if wanted > channels else head.shrinks) else channels

    return replace(head, width=new(head.width), hidden=new(head.hidden))


def _stage(stage: Stage, depth: int, width: Callable[[int], int]) -> Stage:
    wide = width(stage.width)
    if stage.group is not None:
        wide = _of_groups(wide, stage.group)
    inner = None if stage.inner is None else width(stage.inner)
    blocks = stage.blocks[:depth] + (stage.blocks[-1],) * (depth - len(stage.blocks))
    return Stage(wide, stage.stride, blocks, inner, stage.deepens, stage.group)  # `replace` takes three times as long


def _of_groups(width: int, group: int) -> int:
    """The nearest multiple of a group's width."""
    if width < group:
        raise ValueError(f"a width of {width} channels is below the {group} of one group of its stage's convolutions")
    return (width + group // 2) // group * group
