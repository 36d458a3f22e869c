"""Code of factories, as a user would write it."""

from collections.abc import Callable

from scaling_lab.networks.module_network import ModuleNetwork

Family = Callable[..., ModuleNetwork]
"""From the code of a file, and settings of the family, to its network."""

VGG = """
from torch import nn


def make_vgg(depth, width, resolution=16, classes=10, channels=1):
    layers, inputs = [], channels
    for blocks, outputs in ((1, 8), (2, 16)):
        outputs = round(outputs * width)
        for _ in range(max(1, round(blocks * depth))):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
            inputs = outputs
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes))
"""
