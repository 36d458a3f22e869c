"""The parts of a network as values: stem, stages of blocks, head."""

from dataclasses import dataclass

from scaling_lab.networks.block_layers import Block, BlockContext, conv_norm
from scaling_lab.networks.layers import (
    Act,
    ActKind,
    Dropout,
    Flatten,
    GlobalPool,
    Layer,
    Linear,
    MaxPool,
    check_act,
)
from scaling_lab.networks.tags import tagged


@tagged("Stem")
@dataclass(frozen=True)
class Stem:
    """The first convolution.

    Attributes:
        pool: Add ResNet's 3x3 max pooling of stride 2.
        scales: Whether a width multiplier applies (not in EfficientNet-Lite).
    """

    width: int
    kernel: int = 3
    stride: int = 2
    act: ActKind = "relu"
    pool: bool = False
    scales: bool = True

    def __post_init__(self) -> None:
        check_act(self.act)

    def layers(self, context: BlockContext) -> tuple[Layer, ...]:
        """Return the layers from the image to the stem's width."""
        conv = conv_norm("conv", context.inputs, self.width, context, kernel=self.kernel, stride=self.stride)
        pool = (MaxPool("pool", kernel=3, stride=2),) if self.pool else ()
        return (*conv, Act("act", self.act), *pool)


@tagged("Stage")
@dataclass(frozen=True)
class Stage:
    """Blocks of equal width. Only the first has the stride; deepening repeats the last.

    Attributes:
        width: Output channels.
        inner: Width inside bottlenecks, which a rule rounds separately; None for other blocks.
        deepens: Whether a depth multiplier applies.
        group: Channels of a group of grouped convolutions, of which the width stays a multiple.
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
    """The layers after the stages: 1x1 convolution, pooling, hidden linear layer, dropout, classifier.

    Attributes:
        width: Channels of the 1x1 convolution; None for no convolution.
        hidden: Features of the hidden linear layer; None for no hidden layer.
        shrinks: Whether a width multiplier below 1 applies (not in MobileNetV2, arXiv 1801.04381, 6.1).
        grows: Whether a width multiplier above 1 applies (not in EfficientNet-Lite).
    """

    width: int | None = None
    act: ActKind = "relu"
    dropout: float = 0.0
    shrinks: bool = True
    hidden: int | None = None
    grows: bool = True

    def __post_init__(self) -> None:
        check_act(self.act)

    def layers(self, context: BlockContext) -> tuple[Layer, ...]:
        """Return the layers from the last stage to one logit per class."""
        conv: tuple[Layer, ...] = ()
        hidden: tuple[Layer, ...] = ()
        features = context.inputs
        if self.width is not None:
            conv = (*conv_norm("conv", features, self.width, context), Act("act", self.act))
            features = self.width
        if self.hidden is not None:
            hidden = (Linear("hidden", features, self.hidden), Act("hidden_act", self.act))
            features = self.hidden
        drop = (Dropout("dropout", self.dropout),) if self.dropout > 0 else ()
        classifier = Linear("classifier", features, context.outputs)
        return (*conv, GlobalPool("pool"), Flatten("flatten"), *hidden, *drop, classifier)
