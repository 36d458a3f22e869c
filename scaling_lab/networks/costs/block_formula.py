"""Cost formula of a block: what it costs at any input side, from one walk over its layers.

A convolution padded by half its kernel turns a side into ceil(side / stride), and such divisions compose: after strides
of product k, a map has the side ceil(side / k). So every count of a block is a sum over k of an integer times
ceil(side / k) squared, and one walk gives the counts at every side.
"""

from functools import lru_cache
from typing import NamedTuple, assert_never

from scaling_lab.networks.block_layers import Block, BlockContext
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
"""Stands for the stride of a map whose side is 1 at any input side."""


class FormulaTerm(NamedTuple):
    """Counts at one stride, each to be multiplied by the area of a map at that stride."""

    stride: int
    flops: int
    norm_elements: int
    pooled: int
    activations: int


class BlockFormula(NamedTuple):
    """Parameters of a block, its terms, and the stride from its input to its output."""

    params: int
    terms: tuple[FormulaTerm, ...]
    stride: int


class MapShape(NamedTuple):
    """Channels of a map between two layers, and the stride from the block's input to it."""

    channels: int
    stride: int


@lru_cache(maxsize=50_000)
def block_formula(block: Block, context: BlockContext) -> BlockFormula:
    """Return the cost formula of a block in a context.

    Raises:
        ValueError: Shapes of consecutive layers do not match.
    """
    tally = _Tally()
    out = tally.walk(block.layers(context), MapShape(context.inputs, 1))
    return BlockFormula(
        tally.params, tuple(FormulaTerm(stride, *numbers) for stride, numbers in tally.terms.items()), out.stride
    )


class _Tally:
    """Parameters, and by stride: multiply-adds, outputs of norms, inputs of global pools, activations."""

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
                _check_channels(layer.name, layer.channels, shape)
                self.params += 2 * layer.channels
                self.at(shape.stride)[1] += layer.channels
                return shape
            case Act() | Dropout() | DropPath():
                return shape
            case Gate():
                gate = self.walk(layer.body, shape)
                if gate != MapShape(shape.channels, POOLED_STRIDE):
                    raise ValueError(
                        f"gate {layer.name} multiplies {shape} by {gate}; must have one factor per channel"
                    )
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
                    raise ValueError(f"layer {layer.name} flattens a map that is not globally pooled")
                return shape
            case Linear():
                _check_channels(layer.name, layer.inputs, shape)
                if shape.stride != POOLED_STRIDE:
                    raise ValueError(f"linear layer {layer.name} follows a map that is not globally pooled")
                self.params += layer.outputs
                return self.add_weights(layer.inputs * layer.outputs, MapShape(layer.outputs, POOLED_STRIDE))
            case _:
                assert_never(layer)

    def conv(self, layer: Conv, shape: MapShape) -> MapShape:
        _check_channels(layer.name, layer.inputs, shape)
        weights = layer.outputs * (layer.inputs // layer.groups) * layer.kernel**2
        if layer.bias:
            self.params += layer.outputs
        return self.add_weights(weights, MapShape(layer.outputs, shape.stride * layer.stride))

    def add_weights(self, weights: int, out: MapShape) -> MapShape:
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


def _check_channels(name: str, channels: int, shape: MapShape) -> None:
    if channels != shape.channels:
        raise ValueError(f"layer {name} has {channels} input channels, but its input has {shape.channels}")
