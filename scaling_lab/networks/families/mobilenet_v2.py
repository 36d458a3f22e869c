"""MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381, Table 2)."""

from dataclasses import replace

from scaling_lab.networks.blocks import MBConv
from scaling_lab.networks.network import Network
from scaling_lab.networks.parts import Head, Stage, Stem

#    expansion, width, blocks, stride
MOBILENET_V2_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)

MOBILENET_V2_SMALL_STAGES = (
    (1, 16, 1, 1),
    (6, 16, 1, 2),
    (6, 24, 1, 1),
    (6, 24, 2, 1),
    (6, 32, 1, 1),
    (6, 32, 1, 1),
    (6, 48, 1, 1),
)


MOBILENET_V2_TINY_STAGES = (
    (4, 8, 1, 1),
    (4, 12, 2, 1),
    (4, 16, 1, 1),
)


def mobilenet_v2() -> Network:
    """Return MobileNetV2: 3,504,872 parameters and 300,774,272 FLOPs (multiply-adds) at 224 px.

    Width multipliers below 1 do not apply to the head (section 6.1).
    """
    head = Head(1280, act="relu6", dropout=0.2, shrinks=False)
    return Network(Stem(32, act="relu6"), _stages(MOBILENET_V2_STAGES), head, side=224)


def mobilenet_v2_cifar() -> Network:
    """Return MobileNetV2 for images of 32 px: 2,236,682 parameters; stem and second stage have stride 1.

    The strides are those of github.com/kuangliu/pytorch-cifar. Its 2,296,922 parameters are 60,240 more, because it
    expands in the first block and projects in shortcuts; the blocks here are the paper's.
    """
    table = tuple((*row[:3], 1 if number == 1 else row[3]) for number, row in enumerate(MOBILENET_V2_STAGES))
    return replace(mobilenet_v2(), stem=Stem(32, stride=1, act="relu6"), stages=_stages(table), side=32, classes=10)


def mobilenet_v2_small() -> Network:
    """Return a form for small images: seven stages with total stride 4, 16 to 48 channels, 8 blocks in place of 17."""
    head = Head(160, act="relu6", shrinks=False)
    return Network(Stem(16, act="relu6"), _stages(MOBILENET_V2_SMALL_STAGES), head, side=20, classes=10)


def mobilenet_v2_tiny() -> Network:
    """Return a form for studies of minutes: 6,226 parameters and 260,056 FLOPs (multiply-adds) at 14 px.

    Stem of stride 2, four blocks of expansion 4 and 8 to 16 channels, no convolution in the head. The shares are those
    requested as in `resnet_tiny`.
    """
    return Network(Stem(8, act="relu6"), _stages(MOBILENET_V2_TINY_STAGES), Head(act="relu6"), side=14, classes=10)


def _stages(table: tuple[tuple[int, int, int, int], ...]) -> tuple[Stage, ...]:
    return tuple(
        Stage(width, stride, (MBConv(expansion, act="relu6"),) * blocks) for expansion, width, blocks, stride in table
    )
