"""Network to network: the one place where a multiplier meets a network."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, runtime_checkable

from scaling_lab.networks.spec import Network, Stage
from scaling_lab.rules.multipliers import Multipliers
from scaling_lab.rules.rounding import Rounding


@runtime_checkable
class Rule(Protocol):
    """One knob from small to large networks; 1 is the baseline itself."""

    def network(self, baseline: Network, times_flops: float, rounding: Rounding) -> Network:
        """The rule's network for a knob setting, dearer with the knob; what it really costs is for `fit` to see to."""
        ...


def scale(baseline: Network, by: Multipliers, rounding: Rounding) -> Network:
    """`baseline` with its depths, every width (stem, stages, head) and its side multiplied and rounded."""
    return reshape(
        baseline,
        rounding.depths(baseline.depths, by.d),
        lambda channels: rounding.width(channels, by.w),
        rounding.side(baseline.side, by.r, baseline.total_stride),
    )


def reshape(baseline: Network, depths: tuple[int, ...], width: Callable[[int], int], side: int) -> Network:
    """`baseline` with these blocks a stage, `width` applied to every channel count, and this side in pixels."""
    head = baseline.head
    if head.width is not None:
        narrowest = 1 if head.shrinks else head.width
        head = replace(head, width=max(narrowest, width(head.width)))
    return replace(
        baseline,
        stem=replace(baseline.stem, width=width(baseline.stem.width)),
        stages=tuple(_stage(stage, depth, width) for stage, depth in zip(baseline.stages, depths, strict=True)),
        head=head,
        side=side,
    )


def _stage(stage: Stage, depth: int, width: Callable[[int], int]) -> Stage:
    repeated = (stage.blocks[-1],) * (depth - len(stage.blocks))
    return replace(
        stage,
        width=width(stage.width),
        inner=None if stage.inner is None else width(stage.inner),
        blocks=stage.blocks[:depth] + repeated,
    )
