"""The blocks that stages repeat. A block has ratios only; it expands to layers for the context where it is used."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from scaling_lab.networks.layers import (
    Act,
    ActKind,
    Conv,
    DropPath,
    Gate,
    GlobalPool,
    Layer,
    Norm,
    Residual,
    check_act,
)
from scaling_lab.networks.tags import tagged


class BlockContext(NamedTuple):
    """Context in which a block is used. A tuple, because counting costs hashes it once per block.

    Attributes:
        inputs: Input channels.
        outputs: Output channels.
        stride: Stride of the block.
        eps: Of every batch norm.
        momentum: Of every batch norm, in torch's meaning.
        inner: Channels inside a bottleneck; None where the stage has none.
        group: Channels of a group of grouped convolutions; None where the stage has none.
        drop_path: Rate of stochastic depth.
    """

    inputs: int
    outputs: int
    stride: int
    eps: float
    momentum: float
    inner: int | None = None
    group: int | None = None
    drop_path: float = 0.0

    @property
    def keeps_shape(self) -> bool:
        return self.stride == 1 and self.inputs == self.outputs


class Block(Protocol):
    """Anything that expands to layers for a context. A family may define its own: a frozen dataclass under
    `@tagged("...")` (`networks/tags.py`), the name that stands for it in result keys."""

    def layers(self, context: BlockContext) -> tuple[Layer, ...]: ...

    def __hash__(self) -> int: ...


def conv_norm(
    name: str, inputs: int, outputs: int, context: BlockContext, *, kernel: int = 1, stride: int = 1, groups: int = 1
) -> tuple[Layer, Layer]:
    """Return a convolution without bias and its batch norm, named `name` and `name_norm`."""
    return (
        Conv(name, inputs, outputs, kernel, stride, groups),
        Norm(f"{name}_norm", outputs, context.eps, context.momentum),
    )


def add_residual(body: tuple[Layer, ...], shortcut: tuple[Layer, ...], context: BlockContext) -> Residual:
    """Return the sum of `body` and `shortcut`, with stochastic depth on the body if the context has any."""
    path = (DropPath("drop_path", context.drop_path),) if context.drop_path > 0 else ()
    return Residual("residual", body + path, shortcut)


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


def projection_shortcut(context: BlockContext) -> tuple[Layer, ...]:
    """Return ResNet's shortcut B (arXiv 1512.03385, 3.3): the identity for equal shapes, else a strided 1x1."""
    return (
        ()
        if context.keeps_shape
        else conv_norm("project", context.inputs, context.outputs, context, stride=context.stride)
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


def squeeze_excitation(wide: int, narrow: int, act: ActKind, gate: ActKind) -> tuple[Layer, ...]:
    """Return squeeze-and-excitation (arXiv 1709.01507).

    Args:
        wide: Channels of the map.
        narrow: Channels after the squeeze.
        act: Activation after the squeeze.
        gate: Activation after the excitation.
    """
    body = (
        GlobalPool("pool"),
        Conv("squeeze", wide, narrow, bias=True),
        Act("act", act),
        Conv("excite", narrow, wide, bias=True),
        Act(gate, gate),
    )
    return (Gate("gate", body),)


def inverted_residual(
    context: BlockContext, wide: int, kernel: int, act: ActKind, gate: tuple[Layer, ...]
) -> tuple[Layer, ...]:
    """Return an inverted residual: expand to `wide` channels, depthwise, `gate`, project without activation.

    There is no expansion when the input has `wide` channels, and a sum with the input where shapes are equal.
    """
    grow: tuple[Layer, ...] = ()
    if wide != context.inputs:
        grow = (*conv_norm("expand", context.inputs, wide, context), Act("expand_act", act))
    body = (
        *grow,
        *conv_norm("depthwise", wide, wide, context, kernel=kernel, stride=context.stride, groups=wide),
        Act("depthwise_act", act),
        *gate,
        *conv_norm("project", wide, context.outputs, context),
    )
    return (add_residual(body, (), context),) if context.keeps_shape else body


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
