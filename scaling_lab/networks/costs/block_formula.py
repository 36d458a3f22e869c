"""Layers to a formula: what a block costs at any side, from one walk over its layers.

A convolution padded by half its kernel makes ceil(side / stride) of a side, and such divisions compose: what stands
behind strides of product k has the side ceil(side / k). So whatever is counted in a block is a sum over k of a whole
number times ceil(side / k) squared, and a block that has been walked once is known at every side.
"""

from functools import lru_cache
from typing import NamedTuple, assert_never

from scaling_lab.networks.blocks import Block, BlockContext
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

POOLED_STRIDE = 0
"""The stride of a map of side 1, whatever side went in."""


class FormulaTerm(NamedTuple):
    """What stands at one stride: each number times the area of the map there."""

    stride: int
    flops: int
    norm_elements: int
    pooled: int
    activations: int


class BlockFormula(NamedTuple):
    """A block's trainable numbers, its terms, and the stride from its input to its output."""

    params: int
    terms: tuple[FormulaTerm, ...]
    stride: int


class MapShape(NamedTuple):
    """Channels of the map between two layers, and the stride from the block's input to it; POOLED has side 1."""

    channels: int
    stride: int


@lru_cache(maxsize=50_000)
def block_formula(block: Block, at: BlockContext) -> BlockFormula:
    """The formula of a block at its place. Raises ValueError for layers whose channels do not fit."""
    tally = _Tally()
    out = tally.walk(block.layers(at), MapShape(at.inputs, 1))
    return BlockFormula(
        tally.params, tuple(FormulaTerm(stride, *numbers) for stride, numbers in tally.terms.items()), out.stride
    )


class _Tally:
    """Trainable numbers, and by stride: multiply-adds, elements a norm makes, elements a pool reads, outputs."""

    def __init__(self) -> None:
        self.params = 0
        self.terms: dict[int, list[int]] = {}

    def at(self, stride: int) -> list[int]:
        return self.terms.setdefault(stride, [0, 0, 0, 0])

    def walk(self, layers: tuple[Layer, ...], shape: MapShape) -> MapShape:
        for layer in layers:
            shape = self.layer(layer, shape)
        return shape

    def layer(self, layer: Layer, shape: MapShape) -> MapShape:
        match layer:
            case Conv():
                return self.conv(layer, shape)
            case Norm():
                _expect(layer.name, layer.channels, shape)
                self.params += 2 * layer.channels
                self.at(shape.stride)[1] += layer.channels
                return shape
            case Act() | Dropout() | DropPath():
                return shape
            case Gate():
                gate = self.walk(layer.body, shape)
                if gate != MapShape(shape.channels, POOLED_STRIDE):
                    raise ValueError(f"gate {layer.name} multiplies {shape} by {gate}, which is no number a channel")
                return shape
            case Residual():
                return self.residual(layer, shape)
            case Chain():
                return self.walk(layer.layers, shape)
            case MaxPool():
                return MapShape(shape.channels, shape.stride * layer.stride)
            case GlobalPool():
                self.at(shape.stride)[2] += shape.channels
                return MapShape(shape.channels, POOLED_STRIDE)
            case Flatten():
                if shape.stride != POOLED_STRIDE:
                    raise ValueError(f"layer {layer.name} flattens a map that is not pooled")
                return shape
            case Linear():
                _expect(layer.name, layer.inputs, shape)
                if shape.stride != POOLED_STRIDE:
                    raise ValueError(f"layer {layer.name} is linear and stands on a map that is not pooled")
                self.params += layer.outputs
                return self.weighed(layer.inputs * layer.outputs, MapShape(layer.outputs, POOLED_STRIDE))
            case _:
                assert_never(layer)

    def conv(self, layer: Conv, shape: MapShape) -> MapShape:
        _expect(layer.name, layer.inputs, shape)
        weights = layer.outputs * (layer.inputs // layer.groups) * layer.kernel**2
        if layer.bias:
            self.params += layer.outputs
        return self.weighed(weights, MapShape(layer.outputs, shape.stride * layer.stride))

    def weighed(self, weights: int, out: MapShape) -> MapShape:
        self.params += weights
        term = self.at(out.stride)
        term[0] += weights
        term[3] += out.channels
        return out

    def residual(self, layer: Residual, shape: MapShape) -> MapShape:
        body, shortcut = self.walk(layer.body, shape), self.walk(layer.shortcut, shape)
        if body != shortcut:
            raise ValueError(f"residual {layer.name} adds {body} to {shortcut}")
        return body


def _expect(name: str, channels: int, shape: MapShape) -> None:
    if channels != shape.channels:
        raise ValueError(f"layer {name} takes {channels} channels and is given {shape.channels}")
