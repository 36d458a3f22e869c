"""The alphabet: every layer a network can be spelled with.

`networks.costs.cost` counts these and `training.module` makes modules of them; nothing else describes a layer. Both end
in `assert_never`, so a new letter that one of them does not know fails the type check and, should it get that far, the
run. Every layer has a name: the names, joined by dots, are the keys of the state dict.
"""

from dataclasses import dataclass
from typing import Literal

ActKind = Literal["relu", "relu6", "silu", "hardswish", "sigmoid", "hardsigmoid"]


@dataclass(frozen=True)
class Conv:
    """Square convolution padded by kernel // 2: a side of s becomes ceil(s / stride) for odd kernels."""

    name: str
    inputs: int
    outputs: int
    kernel: int = 1
    stride: int = 1
    groups: int = 1
    bias: bool = False

    def __post_init__(self) -> None:
        if self.inputs < 1 or self.outputs < 1 or self.kernel < 1 or self.stride < 1 or self.groups < 1:
            raise ValueError(f"convolution {self.name}: channels, kernel, stride and groups must be at least 1: {self}")
        if self.kernel % 2 == 0:
            raise ValueError(
                f"convolution {self.name}: kernel {self.kernel} is even; symmetric padding needs an odd one"
            )
        if self.groups > 1 and (self.inputs % self.groups or self.outputs % self.groups):
            raise ValueError(
                f"convolution {self.name}: {self.groups} groups divide neither {self.inputs} nor {self.outputs}"
            )


@dataclass(frozen=True)
class Norm:
    """Batch norm. `momentum` is torch's: the weight of the newest batch in the running statistics."""

    name: str
    channels: int
    eps: float = 1e-5
    momentum: float = 0.1


@dataclass(frozen=True)
class Act:
    """Activation function, elementwise."""

    name: str
    kind: ActKind


@dataclass(frozen=True)
class MaxPool:
    """Max pooling padded by kernel // 2."""

    name: str
    kernel: int
    stride: int

    def __post_init__(self) -> None:
        if self.kernel % 2 == 0:
            raise ValueError(f"pooling {self.name}: kernel {self.kernel} is even; symmetric padding needs an odd one")


@dataclass(frozen=True)
class GlobalPool:
    """Mean over the whole map: (n, c, s, s) to (n, c, 1, 1)."""

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
    """Zeroes each element with probability `rate` in training."""

    name: str
    rate: float


@dataclass(frozen=True)
class DropPath:
    """Stochastic depth: zeroes the whole branch of a picture with probability `rate` in training."""

    name: str
    rate: float


@dataclass(frozen=True)
class Chain:
    """Layers one after another."""

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
    """x * body(x), the body's output of side 1 spread over the map (squeeze-and-excitation)."""

    name: str
    body: tuple["Layer", ...]


Layer = Conv | Norm | Act | MaxPool | GlobalPool | Flatten | Linear | Dropout | DropPath | Chain | Residual | Gate
