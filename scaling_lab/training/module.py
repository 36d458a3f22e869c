"""Build torch modules from networks: the only module classes of the project. State dict keys are the layer names."""

from collections import OrderedDict
from math import sqrt
from typing import assert_never, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

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


class StridedPointwise(nn.Conv2d):
    """A 1x1 convolution with a stride, of fewer than `NARROW` input channels, whose gradient is safe on CPUs.

    oneDNN writes past its workspace in the gradient of the weights where the input has fewer channels than a block of
    the processor's registers (16 with AVX-512, 8 with AVX2) and is large: crashes and wrong gradients in torch 2.13
    (uxlfoundation/oneDNN issue 6035). There, and nowhere else, so that other trainings keep their bits, the image is
    subsampled first, which is the same function.
    """

    NARROW, NARROWEST, SAFE_SIDE = 16, 8, 48

    def forward(self, x: Tensor) -> Tensor:
        is_counting = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]  # torch lacks the types
        if is_counting or not self._is_unsafe(x):
            return super().forward(x)
        vertical, horizontal = self.stride
        return conv2d(x[:, :, ::vertical, ::horizontal], self.weight, self.bias)

    def _is_unsafe(self, x: Tensor) -> bool:
        is_large = max(x.shape[2:]) > self.SAFE_SIDE or self.in_channels < self.NARROWEST
        return x.device.type == "cpu" and is_large


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
            is_pointwise = layer.kernel == 1 and layer.stride > 1 and layer.groups == 1
            kind = StridedPointwise if is_pointwise and layer.inputs < StridedPointwise.NARROW else nn.Conv2d
            pad = layer.kernel // 2
            return kind(
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
