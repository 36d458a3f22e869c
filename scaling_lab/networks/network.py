"""A network as a value: stem, stages of blocks, head, the side it looks at. Everything else is read off it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from math import prod

from scaling_lab.networks.blocks import Block, BlockContext, conv_norm
from scaling_lab.networks.layers import (
    Act,
    ActKind,
    Chain,
    Dropout,
    Flatten,
    GlobalPool,
    Layer,
    Linear,
    MaxPool,
)
from scaling_lab.networks.tags import tagged


@tagged("Stem")
@dataclass(frozen=True)
class Stem:
    """The first convolution; `pool` adds ResNet's 3x3 max pooling of stride 2.

    `scales` is whether a width multiplier touches it (not in EfficientNet-Lite).
    """

    width: int
    kernel: int = 3
    stride: int = 2
    act: ActKind = "relu"
    pool: bool = False
    scales: bool = True

    def layers(self, at: BlockContext) -> tuple[Layer, ...]:
        """From a picture's channels to the stem's width."""
        conv = conv_norm("conv", at.inputs, self.width, at, kernel=self.kernel, stride=self.stride)
        pool = (MaxPool("pool", kernel=3, stride=2),) if self.pool else ()
        return (*conv, Act("act", self.act), *pool)


@tagged("Stage")
@dataclass(frozen=True)
class Stage:
    """Blocks of one width, held one by one; only the first has the stride. Deeper means: repeat the last.

    `inner` is the width inside bottlenecks. It is a width of its own, so that a rule rounds it on its own. `deepens` is
    whether a depth multiplier touches the stage. `group` is the width of a group of its grouped convolutions; the
    stage's width stays a multiple of it.
    """

    width: int
    stride: int
    blocks: tuple[Block, ...]
    inner: int | None = None
    deepens: bool = True
    group: int | None = None


@tagged("Head")
@dataclass(frozen=True)
class Head:
    """What follows the stages: a 1x1 convolution of `width` where there is one, pooling, a linear layer of `hidden`
    features where there is one, dropout, the classifier.

    `shrinks` is whether a width multiplier below 1 narrows it (not in MobileNetV2, arXiv 1801.04381, 6.1), `grows`
    whether one above 1 widens it (not in EfficientNet-Lite).
    """

    width: int | None = None
    act: ActKind = "relu"
    dropout: float = 0.0
    shrinks: bool = True
    hidden: int | None = None
    grows: bool = True

    def layers(self, at: BlockContext) -> tuple[Layer, ...]:
        """From the last stage's channels to a logit a class."""
        conv: tuple[Layer, ...] = ()
        hidden: tuple[Layer, ...] = ()
        features = at.inputs
        if self.width is not None:
            conv = (*conv_norm("conv", features, self.width, at), Act("act", self.act))
            features = self.width
        if self.hidden is not None:
            hidden = (Linear("hidden", features, self.hidden), Act("hidden_act", self.act))
            features = self.hidden
        drop = (Dropout("dropout", self.dropout),) if self.dropout > 0 else ()
        classifier = Linear("classifier", features, at.outputs)
        return (*conv, GlobalPool("pool"), Flatten("flatten"), *hidden, *drop, classifier)


@tagged("Network")
@dataclass(frozen=True)
class Network:
    """A convolutional classifier. `side` is the input's side in pixels.

    `drop_path` is the rate of stochastic depth that the last block approaches: block i of n has drop_path * i / n
    (EfficientNet's code). `eps` and `momentum` are those of every batch norm.

    Raises ValueError for a width, depth, stride or class count below 1, a width that groups do not divide, a rate
    outside [0, 1), or a side below the total stride.
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
            raise ValueError(f"a network needs stages and every stage a block; depths are {list(self.depths)}")
        if min(self._whole_numbers()) < 1:
            name, value = next((name, value) for name, value in self._named() if value < 1)
            raise ValueError(f"{name} is {value}; it must be at least 1")
        for i, stage in enumerate(self.stages, 1):
            if stage.group is not None and stage.width % stage.group:
                raise ValueError(
                    f"width {stage.width} of stage {i} is no multiple of its group of {stage.group} channels"
                )
        for name, rate in (("dropout", self.head.dropout), ("drop_path", self.drop_path)):
            if not 0 <= rate < 1:
                raise ValueError(f"{name} is {rate}; it must be at least 0 and below 1")
        if not isinstance(self.side, int):
            raise ValueError(f"side is {self.side!r}; it must be a whole number of pixels")
        if self.side < self.total_stride:
            raise ValueError(
                f"side {self.side} px is too small for strides that divide it by {self.total_stride}; "
                f"it must be at least {self.total_stride} px"
            )

    def _whole_numbers(self) -> list[int]:
        numbers = [self.stem.width, self.stem.stride, self.classes, self.channels]
        numbers += [number for number in (self.head.width, self.head.hidden) if number is not None]
        for stage in self.stages:
            numbers += (stage.width, stage.stride, 1 if stage.inner is None else stage.inner, stage.group or 1)
        return numbers

    def _named(self) -> Iterator[tuple[str, int]]:
        names = ["stem width", "stem stride", "classes", "channels"]
        names += [f"head {name}" for name in ("width", "hidden") if getattr(self.head, name) is not None]
        for i in range(1, len(self.stages) + 1):
            names += (f"width of stage {i}", f"stride of stage {i}", f"inner width of stage {i}", f"group of stage {i}")
        return zip(names, self._whole_numbers(), strict=True)

    @property
    def depths(self) -> tuple[int, ...]:
        """Blocks in each stage."""
        return tuple(len(stage.blocks) for stage in self.stages)

    @property
    def widths(self) -> tuple[int, ...]:
        """Output channels of each stage."""
        return tuple(stage.width for stage in self.stages)

    @property
    def total_stride(self) -> int:
        """The product of all strides: sides that are multiples of it lose no row or column on the way."""
        return self.stem.stride * (2 if self.stem.pool else 1) * prod(stage.stride for stage in self.stages)

    def placed_blocks(self) -> Iterator[tuple[str, Block, BlockContext]]:
        """Every block in order with its name, `stage1.block1` onwards, and where it stands."""
        inputs, index, total = self.stem.width, 0, sum(self.depths)
        for s, stage in enumerate(self.stages, 1):
            for b, block in enumerate(stage.blocks, 1):
                stride = stage.stride if b == 1 else 1
                rate = self.drop_path * index / total
                at = BlockContext(inputs, stage.width, stride, self.eps, self.momentum, stage.inner, stage.group, rate)
                yield f"stage{s}.block{b}", block, at
                inputs, index = stage.width, index + 1

    def block_runs(self) -> Iterator[tuple[int, Block, BlockContext, int]]:
        """Every block with the number of its stage from 0, where it stands, and how many like it follow one another.

        What `placed_blocks` says in fewer words, without stochastic depth, for whoever counts.
        """
        inputs = self.stem.width
        for number, stage in enumerate(self.stages):
            first, *others = stage.blocks
            shared = (self.eps, self.momentum, stage.inner, stage.group)
            yield number, first, BlockContext(inputs, stage.width, stage.stride, *shared), 1
            if others:
                at = BlockContext(stage.width, stage.width, 1, *shared)
                for block, run in groupby(others):
                    yield number, block, at, sum(1 for _ in run)
            inputs = stage.width

    def layers(self) -> tuple[Layer, ...]:
        """The whole network: stem, a chain a stage with a chain a block, head."""
        blocks: dict[str, list[Layer]] = {}
        for name, block, at in self.placed_blocks():
            stage, _, own = name.partition(".")
            blocks.setdefault(stage, []).append(Chain(own, block.layers(at)))
        stages = tuple(Chain(stage, tuple(chains)) for stage, chains in blocks.items())
        norm = (self.eps, self.momentum)
        stem = self.stem.layers(BlockContext(self.channels, self.stem.width, self.stem.stride, *norm))
        head = self.head.layers(BlockContext(self.stages[-1].width, self.classes, 1, *norm))
        return (Chain("stem", stem), *stages, Chain("head", head))
