"""What blocks are made of: the context in which a block is used, and runs of layers that several blocks have."""

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


def projection_shortcut(context: BlockContext) -> tuple[Layer, ...]:
    """Return ResNet's shortcut B (arXiv 1512.03385, 3.3): the identity for equal shapes, else a strided 1x1."""
    return (
        ()
        if context.keeps_shape
        else conv_norm("project", context.inputs, context.outputs, context, stride=context.stride)
    )


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
