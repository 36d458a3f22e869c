"""The blocks that stages repeat. A block has ratios only; it expands to layers for the context where it is used."""

from dataclasses import dataclass

from scaling_lab.networks.block_layers import (
    BlockContext,
    add_residual,
    conv_norm,
    inverted_residual,
    projection_shortcut,
    squeeze_excitation,
)
from scaling_lab.networks.layers import Act, ActKind, Layer, check_act
from scaling_lab.networks.tags import tagged


@tagged("Separable")
@dataclass(frozen=True)
class DepthwiseSeparable:
    """Depthwise 3x3 and pointwise convolution without a residual (MobileNetV1, arXiv 1704.04861, Figure 3)."""

    act: ActKind = "relu6"
    kernel: int = 3

    def __post_init__(self) -> None:
        check_act(self.act)

    def layers(self, context: BlockContext) -> tuple[Layer, ...]:
        return (
            *conv_norm(
                "depthwise",
                context.inputs,
                context.inputs,
                context,
                kernel=self.kernel,
                stride=context.stride,
                groups=context.inputs,
            ),
            Act("depthwise_act", self.act),
            *conv_norm("pointwise", context.inputs, context.outputs, context),
            Act("pointwise_act", self.act),
        )


@tagged("Basic")
@dataclass(frozen=True)
class BasicBlock:
    """Two 3x3 convolutions (ResNet-18 and -34, arXiv 1512.03385, Figure 5 left)."""

    act: ActKind = "relu"

    def __post_init__(self) -> None:
        check_act(self.act)

    def layers(self, context: BlockContext) -> tuple[Layer, ...]:
        body = (
            *conv_norm("conv1", context.inputs, context.outputs, context, kernel=3, stride=context.stride),
            Act("act1", self.act),
            *conv_norm("conv2", context.outputs, context.outputs, context, kernel=3),
        )
        return (add_residual(body, projection_shortcut(context), context), Act("act", self.act))


@tagged("Bottleneck")
@dataclass(frozen=True)
class Bottleneck:
    """1x1, 3x3 and 1x1 convolutions (arXiv 1512.03385, Figure 5 right), with the stride in the 3x3 (ResNet v1.5).

    The stage's width is that of the output. Its `inner` width is that of the 3x3: a quarter of the output before
    scaling.

    Attributes:
        strides_first: Put the stride in the first 1x1, as the original does.
    """

    act: ActKind = "relu"
    strides_first: bool = False

    def __post_init__(self) -> None:
        check_act(self.act)

    def layers(self, context: BlockContext) -> tuple[Layer, ...]:
        inner = context.inner
        if inner is None:
            raise ValueError(f"a bottleneck needs the inner width of its stage; inner is None in {context}")
        body = (
            *conv_norm("reduce", context.inputs, inner, context, stride=context.stride if self.strides_first else 1),
            Act("reduce_act", self.act),
            *conv_norm("conv", inner, inner, context, kernel=3, stride=1 if self.strides_first else context.stride),
            Act("conv_act", self.act),
            *conv_norm("expand", inner, context.outputs, context),
        )
        return (add_residual(body, projection_shortcut(context), context), Act("act", self.act))


@tagged("MBConv")
@dataclass(frozen=True)
class MBConv:
    """Inverted residual: expand 1x1, depthwise, squeeze-and-excitation, project 1x1 without activation.

    Attributes:
        expansion: Expanded over input channels; 1 has no expanding convolution.
        gate: Squeezed over input channels (not expanded ones) in EfficientNet (arXiv 1905.11946, Table 1); 0 for no
            squeeze-and-excitation, as in MobileNetV2 (arXiv 1801.04381, Table 1).
    """

    expansion: int
    kernel: int = 3
    gate: float = 0.0
    act: ActKind = "silu"

    def __post_init__(self) -> None:
        check_act(self.act)

    def layers(self, context: BlockContext) -> tuple[Layer, ...]:
        wide = context.inputs * self.expansion
        gate = (
            squeeze_excitation(wide, max(1, int(context.inputs * self.gate)), self.act, "sigmoid") if self.gate else ()
        )
        return inverted_residual(context, wide, self.kernel, self.act, gate)
