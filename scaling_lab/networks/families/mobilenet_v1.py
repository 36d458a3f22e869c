"""MobileNetV1 (Howard et al. 2017, arXiv 1704.04861, Table 1).

The table prints stride 2 for the last depthwise convolution, but the 569 M multiply-adds of the same paper need
stride 1. The activation is ReLU6 as in the released code. A stage is a run of rows of equal width.
"""

from scaling_lab.networks.blocks import DepthwiseSeparable
from scaling_lab.networks.network import Network
from scaling_lab.networks.parts import Head, Stage, Stem

#    width, stride, blocks
MOBILENET_V1_STAGES = (
    (64, 1, 1),
    (128, 2, 2),
    (256, 2, 2),
    (512, 2, 6),
    (1024, 2, 2),
)

MOBILENET_V1_SMALL_STAGES = (
    (32, 1, 1),
    (64, 2, 1),
    (128, 1, 1),
    (128, 1, 2),
    (128, 1, 1),
)


def mobilenet_v1() -> Network:
    """Return MobileNetV1: 4,231,976 parameters and 568,740,352 FLOPs (multiply-adds) at 224 px."""
    return Network(Stem(32, act="relu6"), _stages(MOBILENET_V1_STAGES), Head(), side=224)


def mobilenet_v1_small() -> Network:
    """Return a form for small images: five stages with total stride 4, at most half as wide, 6 blocks for 13."""
    return Network(Stem(16, act="relu6"), _stages(MOBILENET_V1_SMALL_STAGES), Head(), side=20, classes=10)


def _stages(table: tuple[tuple[int, int, int], ...]) -> tuple[Stage, ...]:
    return tuple(Stage(width, stride, (DepthwiseSeparable(),) * blocks) for width, stride, blocks in table)
