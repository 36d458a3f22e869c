"""The blocks that stages repeat: each keeps ratios only and expands to layers where it stands."""

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
)
from scaling_lab.networks.tags import tagged


class BlockContext(NamedTuple):
    """Where a block stands: channels in, out and (where the stage has them) inside and in a group, stride, norm,
    stochastic depth. A tuple, because it is hashed once a block wherever costs are counted."""

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
    """Anything that expands to layers for a place. A family may bring its own; it must be frozen and hashable."""

    def layers(self, at: BlockContext) -> tuple[Layer, ...]: ...

    def __hash__(self) -> int: ...


def conv_norm(
    name: str, inputs: int, outputs: int, at: BlockContext, *, kernel: int = 1, stride: int = 1, groups: int = 1
) -> tuple[Layer, Layer]:
    """A convolution without bias and its batch norm, named `name` and `name_norm`."""
    return (
        Conv(name, inputs, outputs, kernel, stride, groups),
        Norm(f"{name}_norm", outputs, at.eps, at.momentum),
    )


def add_residual(body: tuple[Layer, ...], shortcut: tuple[Layer, ...], at: BlockContext) -> Residual:
    """`body` added to `shortcut`, with stochastic depth on the body where the place has any."""
    path = (DropPath("drop_path", at.drop_path),) if at.drop_path > 0 else ()
    return Residual("residual", body + path, shortcut)


@tagged("Separable")
@dataclass(frozen=True)
class DepthwiseSeparable:
    """Depthwise 3x3 and pointwise convolution (MobileNetV1, arXiv 1704.04861, Figure 3). Never adds its input."""

    act: ActKind = "relu6"
    kernel: int = 3

    def layers(self, at: BlockContext) -> tuple[Layer, ...]:
        return (
            *conv_norm("depthwise", at.inputs, at.inputs, at, kernel=self.kernel, stride=at.stride, groups=at.inputs),
            Act("depthwise_act", self.act),
            *conv_norm("pointwise", at.inputs, at.outputs, at),
            Act("pointwise_act", self.act),
        )


def projection_shortcut(at: BlockContext) -> tuple[Layer, ...]:
    """ResNet's shortcut B (arXiv 1512.03385, 3.3): the identity where the shape is kept, else a strided 1x1."""
    return () if at.keeps_shape else conv_norm("project", at.inputs, at.outputs, at, stride=at.stride)


@tagged("Basic")
@dataclass(frozen=True)
class BasicBlock:
    """Two 3x3 convolutions (ResNet-18 and -34, arXiv 1512.03385, Figure 5 left)."""

    act: ActKind = "relu"

    def layers(self, at: BlockContext) -> tuple[Layer, ...]:
        body = (
            *conv_norm("conv1", at.inputs, at.outputs, at, kernel=3, stride=at.stride),
            Act("act1", self.act),
            *conv_norm("conv2", at.outputs, at.outputs, at, kernel=3),
        )
        return (add_residual(body, projection_shortcut(at), at), Act("act", self.act))


@tagged("Bottleneck")
@dataclass(frozen=True)
class Bottleneck:
    """1x1, 3x3, 1x1 with the stride in the 3x3: v1.5 (arXiv 1512.03385, Figure 5 right, has it in the first 1x1).

    The stage's width is that of the output; its `inner` width is that of the 3x3, a quarter of it before scaling.
    `strides_first` is the original: the stride in the first 1x1.
    """

    act: ActKind = "relu"
    strides_first: bool = False

    def layers(self, at: BlockContext) -> tuple[Layer, ...]:
        inner = at.inner
        if inner is None:
            raise ValueError(f"a bottleneck needs its stage's inner width; {at} has none")
        body = (
            *conv_norm("reduce", at.inputs, inner, at, stride=at.stride if self.strides_first else 1),
            Act("reduce_act", self.act),
            *conv_norm("conv", inner, inner, at, kernel=3, stride=1 if self.strides_first else at.stride),
            Act("conv_act", self.act),
            *conv_norm("expand", inner, at.outputs, at),
        )
        return (add_residual(body, projection_shortcut(at), at), Act("act", self.act))


def squeeze_excitation(wide: int, narrow: int, act: ActKind, gate: ActKind) -> tuple[Layer, ...]:
    """Squeeze-and-excitation (arXiv 1709.01507): `wide` channels, pooled, to `narrow` and back, gate what came in."""
    body = (
        GlobalPool("pool"),
        Conv("squeeze", wide, narrow, bias=True),
        Act("act", act),
        Conv("excite", narrow, wide, bias=True),
        Act(gate, gate),
    )
    return (Gate("gate", body),)


def inverted_residual(
    at: BlockContext, wide: int, kernel: int, act: ActKind, gate: tuple[Layer, ...]
) -> tuple[Layer, ...]:
    """Expand to `wide` unless that is what comes in, depthwise, `gate`, project without activation."""
    grow: tuple[Layer, ...] = ()
    if wide != at.inputs:
        grow = (*conv_norm("expand", at.inputs, wide, at), Act("expand_act", act))
    body = (
        *grow,
        *conv_norm("depthwise", wide, wide, at, kernel=kernel, stride=at.stride, groups=wide),
        Act("depthwise_act", act),
        *gate,
        *conv_norm("project", wide, at.outputs, at),
    )
    return (add_residual(body, (), at),) if at.keeps_shape else body


@tagged("MBConv")
@dataclass(frozen=True)
class MBConv:
    """Inverted residual: expand 1x1, depthwise, squeeze-and-excitation, project 1x1 without activation.

    MobileNetV2 (arXiv 1801.04381, Table 1) has no gate; EfficientNet (arXiv 1905.11946, Table 1) squeezes to `gate` of
    the channels that enter the block, not of the expanded ones. Expansion 1 has no expanding convolution.
    """

    expansion: int
    kernel: int = 3
    gate: float = 0.0
    act: ActKind = "silu"

    def layers(self, at: BlockContext) -> tuple[Layer, ...]:
        wide = at.inputs * self.expansion
        gate = squeeze_excitation(wide, max(1, int(at.inputs * self.gate)), self.act, "sigmoid") if self.gate else ()
        return inverted_residual(at, wide, self.kernel, self.act, gate)
