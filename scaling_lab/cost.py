"""What a network costs, counted from the value: exact integers, no torch, batch of one picture.

FLOPs are multiply-adds of convolutions and linear layers, as the paper counts them (B0: 385,814,752) and as fvcore
counts those operators. fvcore's own total also adds 2 for each element that a batch norm makes and 1 for each element
that a global pool reads; that number is `flops_fvcore`. Biases are free in both. Activations are the outputs of the
same convolutions and linear layers.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import assert_never

from scaling_lab.networks.blocks import Block, Place
from scaling_lab.networks.layers import (
    Act,
    Chain,
    Conv,
    Dropout,
    DropPath,
    Flatten,
    Gate,
    GlobalPool,
    Layer,
    Linear,
    MaxPool,
    Norm,
    Residual,
)
from scaling_lab.networks.spec import Network


@dataclass(frozen=True)
class Cost:
    """Multiply-adds, fvcore's total, trainable numbers, and outputs of convolutions and linear layers."""

    flops: int = 0
    flops_fvcore: int = 0
    params: int = 0
    activations: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.flops + other.flops,
            self.flops_fvcore + other.flops_fvcore,
            self.params + other.params,
            self.activations + other.activations,
        )


@dataclass(frozen=True)
class Shape:
    """Channels and side of the map between two layers; a flat vector has side 1."""

    channels: int
    side: int


def cost(network: Network) -> Cost:
    """Cost of one forward pass over one picture of `network.side` pixels."""
    total = Cost()
    for _, part in by_part(network):
        total += part
    return total


def by_part(network: Network) -> list[tuple[str, Cost]]:
    """Costs of the stem, of each stage and of the head, in order."""
    stem, shape = _fold(network.stem_layers(), Shape(network.channels, network.side))
    parts = {"stem": stem}
    for name, block, at in network.places():
        stage = name.partition(".")[0]
        spent, shape = _block(block, at, shape.side)
        parts[stage] = parts.get(stage, Cost()) + spent
    parts["head"], _ = _fold(network.head_layers(), shape)
    return list(parts.items())


@lru_cache(maxsize=100_000)
def _block(block: Block, at: Place, side: int) -> tuple[Cost, Shape]:
    return _fold(block.layers(at), Shape(at.inputs, side))


def _fold(layers: tuple[Layer, ...], shape: Shape) -> tuple[Cost, Shape]:
    total = Cost()
    for layer in layers:
        spent, shape = _layer(layer, shape)
        total += spent
    return total, shape


def _layer(layer: Layer, shape: Shape) -> tuple[Cost, Shape]:
    match layer:
        case Conv():
            return _conv(layer, shape)
        case Linear():
            _expect(layer.name, layer.inputs, shape)
            flops = layer.inputs * layer.outputs
            return Cost(flops, flops, flops + layer.outputs, layer.outputs), Shape(layer.outputs, 1)
        case Norm():
            _expect(layer.name, layer.channels, shape)
            return Cost(flops_fvcore=2 * _elements(shape), params=2 * layer.channels), shape
        case MaxPool():
            return Cost(), Shape(shape.channels, _strided(shape.side, layer.stride))
        case GlobalPool():
            return Cost(flops_fvcore=_elements(shape)), Shape(shape.channels, 1)
        case Flatten():
            return Cost(), Shape(_elements(shape), 1)
        case Act() | Dropout() | DropPath():
            return Cost(), shape
        case Chain():
            return _fold(layer.layers, shape)
        case Residual():
            return _residual(layer, shape)
        case Gate():
            return _fold(layer.body, shape)[0], shape
        case _:
            assert_never(layer)


def _conv(layer: Conv, shape: Shape) -> tuple[Cost, Shape]:
    _expect(layer.name, layer.inputs, shape)
    out = Shape(layer.outputs, _strided(shape.side, layer.stride))
    weights = layer.outputs * (layer.inputs // layer.groups) * layer.kernel**2
    flops = weights * out.side**2
    return Cost(flops, flops, weights + (layer.outputs if layer.bias else 0), _elements(out)), out


def _residual(layer: Residual, shape: Shape) -> tuple[Cost, Shape]:
    body, out = _fold(layer.body, shape)
    shortcut, other = _fold(layer.shortcut, shape)
    if out != other:
        raise ValueError(f"residual {layer.name} adds {out} to {other}")
    return body + shortcut, out


def _strided(side: int, stride: int) -> int:
    """Side after an odd kernel padded by kernel // 2."""
    return (side - 1) // stride + 1


def _elements(shape: Shape) -> int:
    return shape.channels * shape.side**2


def _expect(name: str, channels: int, shape: Shape) -> None:
    if channels != shape.channels:
        raise ValueError(f"layer {name} takes {channels} channels and is given {shape.channels}")
