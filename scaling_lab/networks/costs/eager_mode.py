"""Tensors that PyTorch's eager mode allocates, saves and frees on the CPU for each layer of `training.module`.

nn.Sequential holds its input until it returns, and each layer's input until that layer returns. Maps are channels-last.
"""

from typing import assert_never

from scaling_lab.networks.costs.tape import Storage, Tape, TensorValue
from scaling_lab.networks.layers import (
    Act,
    ActKind,
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

INDEX_FLOATS = 2  # an int64 takes as much memory as two floats


def walk_forward(tensors: Tape, layers: tuple[Layer, ...], x: TensorValue) -> TensorValue:
    """Return the output of nn.Sequential, held once for the caller. The caller holds `x` during the call."""
    tensors.hold(x.storage)
    for layer in layers:
        out = _layer(tensors, layer, x)
        tensors.release(x.storage)
        x = out
    return x


def walk_cross_entropy(tensors: Tape, logits: TensorValue) -> None:
    """Allocate the log-softmax, which is saved, and the loss. Releases the logits for the caller."""
    saved = tensors.new(logits.size)
    tensors.record(TensorValue(Storage(0), 0, 0), (logits,), (saved,), scratch=logits.size)
    tensors.release(logits.storage)


def _layer(tensors: Tape, layer: Layer, x: TensorValue) -> TensorValue:
    match layer:
        case Conv():
            return _parametric(tensors, x, layer.outputs, -(-x.side // layer.stride))
        case Linear():
            return _parametric(tensors, x, layer.outputs, 1)
        case Norm():
            return _parametric(tensors, x, x.channels, x.side, scratch=x.size)
        case Act():
            return _activation(tensors, layer.kind, x)
        case MaxPool():
            out = _new(tensors, x.channels, -(-x.side // layer.stride))
            tensors.record(out, (x,), (tensors.hold(x.storage), tensors.new(INDEX_FLOATS * out.size)))
            return out
        case GlobalPool():
            out = _new(tensors, x.channels, 1)
            tensors.record(out, (x,), follows=True)
            return out
        case Flatten():
            out = TensorValue(tensors.hold(x.storage), x.size, 1)
            tensors.record(out, (x,), passes=True)
            return out
        case Dropout():
            return _times_noise(tensors, x, x.size, follows=True)
        case DropPath():
            return _times_noise(tensors, x, 1, follows=x.side > 1)
        case Chain():
            return walk_forward(tensors, layer.layers, x)
        case Residual():
            return _residual(tensors, layer, x)
        case Gate():
            return _gate(tensors, layer, x)
        case _:
            assert_never(layer)


def _new(tensors: Tape, channels: int, side: int) -> TensorValue:
    return TensorValue(tensors.new(channels * side**2), channels, side)


def _parametric(tensors: Tape, x: TensorValue, channels: int, side: int, scratch: int = 0) -> TensorValue:
    """Run a convolution, linear layer or batch norm, which save their input."""
    out = _new(tensors, channels, side)
    tensors.record(out, (x,), (tensors.hold(x.storage),), scratch)
    return out


def _activation(tensors: Tape, kind: ActKind, x: TensorValue) -> TensorValue:
    """Run an activation: sigmoids allocate a new tensor, others work in place; all but ReLU save their input."""
    match kind:
        case "sigmoid":
            out = _new(tensors, x.channels, x.side)
            tensors.record(out, (x,), (tensors.hold(out.storage),), follows=True)
        case "hardsigmoid":
            out = _new(tensors, x.channels, x.side)
            tensors.record(out, (x,), (tensors.hold(x.storage),), follows=True)
        case "relu":
            out = TensorValue(tensors.hold(x.storage), x.channels, x.side)
            tensors.record(out, (x,), (tensors.hold(x.storage),), follows=x.side == 1)
        case "relu6" | "silu" | "hardswish":
            out = TensorValue(tensors.hold(x.storage), x.channels, x.side)
            if tensors.training:
                tensors.record(out, (x,), (tensors.new(x.size),), follows=True)
        case _:
            assert_never(kind)
    return out


def _times_noise(tensors: Tape, x: TensorValue, noise: int, follows: bool) -> TensorValue:
    """Multiply by noise, which training saves instead of `x`. In eval mode `x` itself is returned."""
    if not tensors.training:
        return TensorValue(tensors.hold(x.storage), x.channels, x.side)
    saved = tensors.new(noise)
    out = _new(tensors, x.channels, x.side)
    tensors.record(out, (x,), (saved,), follows=follows)
    return out


def _residual(tensors: Tape, layer: Residual, x: TensorValue) -> TensorValue:
    body, shortcut = walk_forward(tensors, layer.body, x), walk_forward(tensors, layer.shortcut, x)
    out = _new(tensors, body.channels, body.side)
    tensors.record(out, (body, shortcut), passes=True)
    tensors.release(body.storage, shortcut.storage)
    return out


def _gate(tensors: Tape, layer: Gate, x: TensorValue) -> TensorValue:
    """Save both factors. The gradient of the gate first has the size of the map, over which it is then summed."""
    gate = walk_forward(tensors, layer.body, x)
    out = _new(tensors, x.channels, x.side)
    saved = (tensors.hold(x.storage), gate.storage)
    tensors.record(out, (x, gate), saved, scratch=x.size if x.side > 1 else 0, follows=True)
    return out
