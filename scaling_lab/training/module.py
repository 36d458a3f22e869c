"""Build torch modules from networks: the only module classes of the project. State dict keys are the layer names."""

from collections import OrderedDict
from math import sqrt
from typing import assert_never, cast

import torch
from torch import Tensor, nn

from scaling_lab.modules.factory import Factory
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
from scaling_lab.networks.module_network import AnyNetwork, ModuleNetwork


class ResidualModule(nn.Module):
    """Module that returns body(x) + shortcut(x)."""

    def __init__(self, body: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x) + self.shortcut(x)
        return out


class GateModule(nn.Module):
    """Module that returns x * body(x): (n, c, s, s) times (n, c, 1, 1)."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x * self.body(x)
        return out


class DropPathModule(nn.Module):
    """Drop the branch of random images in training; other outputs are divided by 1 - rate (arXiv 1603.09382)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        keep = 1 - self.rate
        return x * x.new_empty((x.shape[0], 1, 1, 1)).bernoulli_(keep).div_(keep)


def build_module(network: AnyNetwork) -> nn.Module:
    """Return a module that maps (n, channels, side, side) to logits (n, classes), with channels-last weights.

    Initial weights come from torch's global generator: normal with variance 2 / fan out for convolutions (arXiv
    1502.01852; a channel of a grouped convolution feeds only its own group), normal with standard deviation 0.01 for
    the classifier, zero biases. What a factory of the user's returns is not changed, and has its own initial weights.
    """
    if isinstance(network, ModuleNetwork):
        return cast(Factory, network.factory).build(network)
    module = _chain(network.layers())
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            fan_out = part.kernel_size[0] * part.kernel_size[1] * part.out_channels // part.groups
            nn.init.normal_(part.weight, std=sqrt(2 / fan_out))
            part.weight.data = part.weight.data.to(memory_format=torch.channels_last)
        elif isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, std=0.01)
        if isinstance(part, nn.Conv2d | nn.Linear) and part.bias is not None:
            nn.init.zeros_(part.bias)
    return module


def _chain(layers: tuple[Layer, ...]) -> nn.Sequential:
    names = [layer.name for layer in layers]
    if len(set(names)) < len(names):
        raise ValueError(f"layer names are {names}; names in a chain must be unique")
    return nn.Sequential(OrderedDict((layer.name, _module(layer)) for layer in layers))


def _module(layer: Layer) -> nn.Module:
    match layer:
        case Conv():
            pad = layer.kernel // 2
            return nn.Conv2d(
                layer.inputs, layer.outputs, layer.kernel, layer.stride, pad, groups=layer.groups, bias=layer.bias
            )
        case Norm():
            return nn.BatchNorm2d(layer.channels, layer.eps, layer.momentum)
        case Act():
            return _activation(layer.kind)
        case MaxPool():
            return nn.MaxPool2d(layer.kernel, layer.stride, layer.kernel // 2)
        case GlobalPool():
            return nn.AdaptiveAvgPool2d(1)
        case Flatten():
            return nn.Flatten()
        case Linear():
            return nn.Linear(layer.inputs, layer.outputs)
        case Dropout():
            return nn.Dropout(layer.rate)
        case DropPath():
            return DropPathModule(layer.rate)
        case Chain():
            return _chain(layer.layers)
        case Residual():
            return ResidualModule(_chain(layer.body), _chain(layer.shortcut))
        case Gate():
            return GateModule(_chain(layer.body))
        case _:
            assert_never(layer)


def _activation(kind: ActKind) -> nn.Module:
    match kind:
        case "relu":
            return nn.ReLU(inplace=True)
        case "relu6":
            return nn.ReLU6(inplace=True)
        case "silu":
            return nn.SiLU(inplace=True)
        case "hardswish":
            return nn.Hardswish(inplace=True)
        case "sigmoid":
            return nn.Sigmoid()
        case "hardsigmoid":
            return nn.Hardsigmoid()
        case _:
            assert_never(kind)
