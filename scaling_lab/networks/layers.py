"""All layers that a network can consist of.

`networks.costs` counts them and `training.module` builds modules from them; nothing else describes a layer. Both match
on the type and end in `assert_never`, so a new layer that one of them does not handle fails the type check and at run
time. Every layer has a name; the names joined by dots are the keys of the state dict.
"""

from dataclasses import dataclass
from typing import Literal, get_args

ActKind = Literal["relu", "relu6", "silu", "hardswish", "sigmoid", "hardsigmoid"]


def check_act(kind: object) -> None:
    """Raise ValueError for an activation function that is not in `ActKind`."""
    if kind not in get_args(ActKind):
        raise ValueError(f"unknown activation {str(kind)[:40]!r}; must be one of {', '.join(get_args(ActKind))}")


@dataclass(frozen=True)
class Conv:
    """Square convolution padded by kernel // 2, so that a side s becomes ceil(s / stride). Odd kernels only."""

    name: str
    inputs: int
    outputs: int
    kernel: int = 1
    stride: int = 1
    groups: int = 1
    bias: bool = False

    def __post_init__(self) -> None:
        if self.inputs < 1 or self.outputs < 1 or self.kernel < 1 or self.stride < 1 or self.groups < 1:
            raise ValueError(f"convolution {self.name}: channels, kernel, stride and groups must be >= 1: {self}")
        if self.kernel % 2 == 0:
            raise ValueError(f"convolution {self.name}: kernel is {self.kernel}; must be odd for symmetric padding")
        if self.groups > 1 and (self.inputs % self.groups or self.outputs % self.groups):
            raise ValueError(
                f"convolution {self.name}: groups is {self.groups}; must divide {self.inputs} and {self.outputs}"
            )


@dataclass(frozen=True)
class Norm:
    """Batch norm. `momentum` has torch's meaning: the weight of the newest batch in the running statistics."""

    name: str
    channels: int
    eps: float = 1e-5
    momentum: float = 0.1


@dataclass(frozen=True)
class Act:
    """Elementwise activation function."""

    name: str
    kind: ActKind

    def __post_init__(self) -> None:
        check_act(self.kind)


@dataclass(frozen=True)
class MaxPool:
    """Max pooling padded by kernel // 2."""

    name: str
    kernel: int
    stride: int

    def __post_init__(self) -> None:
        if self.kernel % 2 == 0:
            raise ValueError(f"pooling {self.name}: kernel is {self.kernel}; must be odd for symmetric padding")


@dataclass(frozen=True)
class GlobalPool:
    """Mean over the map: (n, c, s, s) to (n, c, 1, 1)."""

    name: str


@dataclass(frozen=True)
class Flatten:
    """(n, c, s, s) to (n, c * s * s)."""

    name: str


@dataclass(frozen=True)
class Linear:
    """Linear layer with bias."""

    name: str
    inputs: int
    outputs: int


@dataclass(frozen=True)
class Dropout:
    """Dropout: zero each element with probability `rate` in training."""

    name: str
    rate: float


@dataclass(frozen=True)
class DropPath:
    """Stochastic depth: zero the branch of an image with probability `rate` in training."""

    name: str
    rate: float


@dataclass(frozen=True)
class Chain:
    """A sequence of layers."""

    name: str
    layers: tuple["Layer", ...]


@dataclass(frozen=True)
class Residual:
    """body(x) + shortcut(x); an empty shortcut is the identity."""

    name: str
    body: tuple["Layer", ...]
    shortcut: tuple["Layer", ...] = ()


@dataclass(frozen=True)
class Gate:
    """x * body(x), where the body's output of side 1 is broadcast over the map (squeeze-and-excitation)."""

    name: str
    body: tuple["Layer", ...]


Layer = Conv | Norm | Act | MaxPool | GlobalPool | Flatten | Linear | Dropout | DropPath | Chain | Residual | Gate
