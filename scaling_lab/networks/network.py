"""A network as a value: stem, stages of blocks, head and input side. Layers, costs and modules are derived from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from math import prod

import scaling_lab.networks.blocks  # noqa: F401 - loaded with the networks that are made of them
from scaling_lab.networks.block_layers import Block, BlockContext
from scaling_lab.networks.layers import Chain, Layer
from scaling_lab.networks.parts import Head, Stage, Stem
from scaling_lab.networks.tags import tagged

MAX_SIDE = 1_000_000
MAX_CHANNELS = 1024  # of images
MAX_CLASSES = 1_000_000


@tagged("Network")
@dataclass(frozen=True)
class Network:
    """A convolutional classifier.

    Attributes:
        side: Side of the input in pixels.
        eps: Of every batch norm.
        momentum: Of every batch norm, in torch's meaning.
        drop_path: Rate of stochastic depth that the last block approaches: block i of n has drop_path * i / n
            (EfficientNet's code).

    Raises:
        ValueError: A width, depth, stride or class count is below 1, a width is not divisible into its groups, a rate
            is outside [0, 1), or the side is below the total stride.
    """

    stem: Stem
    stages: tuple[Stage, ...]
    head: Head
    side: int
    classes: int = 1000
    channels: int = 3
    eps: float = 1e-5
    momentum: float = 0.1
    drop_path: float = 0.0

    def __post_init__(self) -> None:
        if not self.stages or not all(stage.blocks for stage in self.stages):
            raise ValueError(
                f"depths are {list(self.depths)}; a network must have stages, and each stage at least 1 block"
            )
        if min(self._counts()) < 1:
            name, value = next((name, value) for name, value in self._named_counts() if value < 1)
            raise ValueError(f"{name} is {value}; must be at least 1")
        for i, stage in enumerate(self.stages, 1):
            if stage.group is not None and stage.width % stage.group:
                raise ValueError(
                    f"width of stage {i} is {stage.width}; must be a multiple of its group of {stage.group} channels"
                )
        for name, rate in (("dropout", self.head.dropout), ("drop_path", self.drop_path)):
            if not 0 <= rate < 1:
                raise ValueError(f"{name} is {rate}; must be at least 0 and below 1")
        if not isinstance(self.side, int) or isinstance(self.side, bool):
            raise ValueError(f"side is {self.side!r}; must be an integer number of pixels")
        if self.side < self.total_stride:
            raise ValueError(
                f"side is {self.side} px; must be at least {self.total_stride} px, the total stride of the network"
            )
        if self.side > MAX_SIDE:
            raise ValueError(f"side is {self.side} px; must be at most {MAX_SIDE} px")

    def _counts(self) -> list[int]:
        numbers = [self.stem.width, self.stem.stride, self.classes, self.channels]
        numbers += [number for number in (self.head.width, self.head.hidden) if number is not None]
        for stage in self.stages:
            numbers += (stage.width, stage.stride, 1 if stage.inner is None else stage.inner, stage.group or 1)
        return numbers

    def _named_counts(self) -> Iterator[tuple[str, int]]:
        names = ["stem width", "stem stride", "classes", "channels"]
        names += [f"head {name}" for name in ("width", "hidden") if getattr(self.head, name) is not None]
        for i in range(1, len(self.stages) + 1):
            names += (f"width of stage {i}", f"stride of stage {i}", f"inner width of stage {i}", f"group of stage {i}")
        return zip(names, self._counts(), strict=True)

    @property
    def depths(self) -> tuple[int, ...]:
        """Number of blocks of each stage."""
        return tuple(len(stage.blocks) for stage in self.stages)

    @property
    def widths(self) -> tuple[int, ...]:
        """Output channels of each stage."""
        return tuple(stage.width for stage in self.stages)

    @property
    def total_stride(self) -> int:
        """Product of all strides. Sides that are multiples of it are divided without remainder by every stride."""
        return self.stem.stride * (2 if self.stem.pool else 1) * prod(stage.stride for stage in self.stages)

    def placed_blocks(self) -> Iterator[tuple[str, Block, BlockContext]]:
        """Yield every block in order: its name (`stage1.block1`), the block, its context."""
        inputs, index, total = self.stem.width, 0, sum(self.depths)
        for s, stage in enumerate(self.stages, 1):
            for b, block in enumerate(stage.blocks, 1):
                stride = stage.stride if b == 1 else 1
                rate = self.drop_path * index / total
                context = BlockContext(
                    inputs, stage.width, stride, self.eps, self.momentum, stage.inner, stage.group, rate
                )
                yield f"stage{s}.block{b}", block, context
                inputs, index = stage.width, index + 1

    def block_runs(self) -> Iterator[tuple[int, Block, BlockContext, int]]:
        """Yield runs of equal blocks: stage number from 0, block, context, length of the run.

        A shorter form of `placed_blocks` for counting costs. The contexts have no stochastic depth.
        """
        inputs = self.stem.width
        for number, stage in enumerate(self.stages):
            first, *others = stage.blocks
            shared = (self.eps, self.momentum, stage.inner, stage.group)
            yield number, first, BlockContext(inputs, stage.width, stage.stride, *shared), 1
            if others:
                context = BlockContext(stage.width, stage.width, 1, *shared)
                for block, run in groupby(others):
                    yield number, block, context, sum(1 for _ in run)
            inputs = stage.width

    def layers(self) -> tuple[Layer, ...]:
        """Return all layers: stem, one chain per stage with one chain per block, head."""
        blocks: dict[str, list[Layer]] = {}
        for name, block, context in self.placed_blocks():
            stage, _, block_name = name.partition(".")
            blocks.setdefault(stage, []).append(Chain(block_name, block.layers(context)))
        stages = tuple(Chain(stage, tuple(chains)) for stage, chains in blocks.items())
        norm = (self.eps, self.momentum)
        stem = self.stem.layers(BlockContext(self.channels, self.stem.width, self.stem.stride, *norm))
        head = self.head.layers(BlockContext(self.stages[-1].width, self.classes, 1, *norm))
        return (Chain("stem", stem), *stages, Chain("head", head))
