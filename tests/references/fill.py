"""Deterministic weights and images, the same for every implementation of a network.

Two implementations of a network agree if, filled by `fill`, they give the same outputs for `picture`.
Values depend on the running index of a tensor and on its shape, never on the names of modules.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn

WEIGHED = (nn.Conv2d, nn.Linear, nn.BatchNorm2d)


def fill(module: nn.Module, gain: float = 1.0) -> nn.Module:
    """Overwrite all weights of `module` in place and return it.

    Leaf modules are visited in registration order (`module.modules()`), their tensors in the order weight, bias,
    running_mean, running_var; tensor number i is drawn from `RandomState(i)`, counting from 0. A bias that is None has
    no number. Any other module with weights of its own raises TypeError.

    `gain` multiplies the weights of layers without bias. Deep networks with gates have a narrow range of it between
    outputs that are little more than the last bias and outputs that depend on rounding.
    """
    index = 0
    for leaf in module.modules():
        if not isinstance(leaf, WEIGHED):
            if any(True for _ in leaf.parameters(recurse=False)) or any(True for _ in leaf.buffers(recurse=False)):
                raise TypeError(f"fill does not support {type(leaf).__name__}")
            continue
        for kind, tensor in _tensors(leaf):
            values = _values(kind, leaf, tuple(tensor.shape), np.random.RandomState(index), gain)
            with torch.no_grad():
                tensor.copy_(torch.from_numpy(values.astype(np.float32)))
            index += 1
    return module


def picture(side: int, channels: int = 3) -> Tensor:
    """Two pictures, float32 of shape (2, channels, side, side): 4 x 4 flat patches of random colour plus noise."""
    draw = np.random.RandomState(side)
    patches = draw.standard_normal((2, channels, 4, 4))
    noise = draw.standard_normal((2, channels, side, side))
    patch = np.arange(side) * 4 // side
    values = patches[:, :, patch][:, :, :, patch] + 0.5 * noise
    return torch.from_numpy(values.astype(np.float32))


def _tensors(leaf: nn.Module) -> list[tuple[str, Tensor]]:
    names = ("weight", "bias", "running_mean", "running_var")
    return [(name, getattr(leaf, name)) for name in names if getattr(leaf, name, None) is not None]


def _values(kind: str, leaf: nn.Module, shape: tuple[int, ...], draw: np.random.RandomState, gain: float) -> np.ndarray:
    if kind == "running_var":
        return draw.uniform(0.5, 1.5, shape)
    if kind == "weight" and isinstance(leaf, nn.BatchNorm2d):
        return draw.uniform(0.8, 1.2, shape)
    if kind == "weight":
        own = _gain(shape, leaf.bias is not None) * (gain if leaf.bias is None else 1.0)
        return draw.standard_normal(shape) * own / math.sqrt(math.prod(shape[1:]))
    return draw.standard_normal(shape) * 0.1


def _gain(shape: tuple[int, ...], has_bias: bool) -> float:
    """sqrt(2) as for ReLU, with exceptions by shape: they keep signals in range through 200 layers of any family."""
    outputs, inputs, *kernel = shape
    if has_bias:  # squeeze-excite and the classifier
        return 0.5
    if inputs <= 3:  # stem and depthwise
        return math.sqrt(2)
    if kernel[0] > 1:  # k x k inside a ResNet block
        return 0.8
    if outputs == 4 * inputs:  # last of a bottleneck
        return 0.55
    if outputs < inputs:  # first of a bottleneck, projection of an inverted residual
        return 1.4
    return math.sqrt(2)
