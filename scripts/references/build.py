"""Builds the reference network of a question.

Only unambiguous networks are built: a ResNet is widened only where no channel count needs rounding, deepened only where
ceil does not depend on a floating-point error, and a network that is itself scaled (EfficientNet-B1 to B7, Lite1 to
Lite4) is not scaled, because its channels would be rounded twice.

Layers are registered in one order: inside a block the main branch first (squeeze-excite between depthwise convolution
and projection), then the shortcut.
"""

from collections.abc import Callable
from functools import partial

from torch import nn

from scripts.references.inverted_residual import (
    efficientnet,
    efficientnet_b0_cifar,
    efficientnet_lite,
    efficientnet_v2,
    mobilenet_v1,
    mobilenet_v2,
    mobilenet_v2_cifar,
    mobilenet_v3,
)
from scripts.references.question import EFFICIENTNET_TABLE, LITE_TABLE, Answer, Question
from scripts.references.residual import RESNETS, regnet, resnet, resnet_cifar

BUILDERS: dict[str, Callable[[Question, partial], Answer]] = {
    **dict.fromkeys(RESNETS, resnet),
    **{f"efficientnet_b{row}": efficientnet for row in range(len(EFFICIENTNET_TABLE))},
    **{f"efficientnet_lite{row}": efficientnet_lite for row in range(len(LITE_TABLE))},
    "efficientnet_v2_s": efficientnet_v2,
    "mobilenet_v1": mobilenet_v1,
    "mobilenet_v2": mobilenet_v2,
    "mobilenet_v3_large": mobilenet_v3,
    "mobilenet_v3_small": mobilenet_v3,
    "regnet_y_800mf": regnet,
    **dict.fromkeys([f"resnet{layers}_cifar" for layers in (18, 20, 32, 44, 56, 110)], resnet_cifar),
    "mobilenet_v2_cifar": mobilenet_v2_cifar,
    "efficientnet_b0_cifar": efficientnet_b0_cifar,
}


def build(question: Question) -> Answer:
    """Return the network, built by the library that has its family."""
    norm = partial(nn.BatchNorm2d, eps=question.norm_eps)
    return BUILDERS[question.family](question, norm)
