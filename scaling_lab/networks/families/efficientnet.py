"""EfficientNet (Tan & Le 2019, arXiv 1905.11946v5, Table 1; expansion, kernel and squeeze from the released code).

B1 to B7 are B0 under the released multipliers, which are a table and not powers of one alpha, beta and gamma. Version 1
of the paper prints stage 6 at 28x28; the released code and later versions have the strides below.
"""

from dataclasses import replace

from scaling_lab.networks.blocks import MBConv
from scaling_lab.networks.network import Network
from scaling_lab.networks.parts import Head, Stage, Stem
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import PAPER
from scaling_lab.networks.scaling.scale import scale

#    expansion, kernel, width, stride, blocks
EFFICIENTNET_B0_STAGES = (
    (1, 3, 16, 1, 1),
    (6, 3, 24, 2, 2),
    (6, 5, 40, 2, 2),
    (6, 3, 80, 2, 3),
    (6, 5, 112, 1, 3),
    (6, 5, 192, 2, 4),
    (6, 3, 320, 1, 1),
)


EFFICIENTNET_B0_SMALL_STAGES = (
    (1, 3, 8, 1, 1),
    (6, 3, 8, 2, 1),
    (6, 5, 12, 1, 1),
    (6, 3, 12, 1, 1),
    (6, 5, 16, 1, 1),
    (6, 5, 16, 1, 1),
    (6, 3, 24, 1, 1),
)

EFFICIENTNET_TINY_STAGES = (
    (4, 3, 8, 1, 1),
    (4, 3, 12, 1, 1),
    (4, 3, 12, 1, 2),
)


def efficientnet_b0() -> Network:
    """Return EfficientNet-B0: 5,288,548 parameters and 385,814,752 FLOPs (multiply-adds) at 224 px.

    Batch norm is that of the released code.
    """
    return Network(
        stem=Stem(32, act="silu"),
        stages=_stages(EFFICIENTNET_B0_STAGES),
        head=Head(1280, act="silu", dropout=0.2),
        side=224,
        eps=1e-3,
        momentum=0.01,
        drop_path=0.2,
    )


def efficientnet(width: float, depth: float, side: int, dropout: float) -> Network:
    """Return B0 scaled by a released width and depth multiplier, at its released side.

    Raises:
        ValueError: A multiplier, the side or the dropout is out of range.
    """
    b0 = efficientnet_b0()
    scaled = scale(replace(b0, head=replace(b0.head, dropout=dropout)), Multipliers(depth, width), PAPER)
    return replace(scaled, side=side)


def efficientnet_b0_cifar() -> Network:
    """Return EfficientNet-B0 for images of 32 px: 4,020,358 parameters; the stem has stride 1.

    The strides are those of github.com/kuangliu/pytorch-cifar, the layers those of the released code. The momentum of
    batch norm is ten times larger, since CIFAR trainings have fewer steps.
    """
    return replace(efficientnet_b0(), stem=Stem(32, stride=1, act="silu"), side=32, classes=10, momentum=0.1)


def efficientnet_b0_small() -> Network:
    """Return a form for small images: the seven stages with total stride 4, 8 to 24 channels and one block each.

    For runs of hundreds of steps, the momentum of batch norm is ten times larger and the dropout a quarter.
    """
    return Network(
        stem=Stem(8, act="silu"),
        stages=_stages(EFFICIENTNET_B0_SMALL_STAGES),
        head=Head(96, act="silu", dropout=0.05),
        side=20,
        classes=10,
        drop_path=0.05,
    )


def efficientnet_tiny() -> Network:
    """Return a form for studies of minutes: 6,988 parameters and 251,440 FLOPs (multiply-adds) at 14 px.

    Stem of stride 2, four gated blocks of expansion 4 and 8 to 12 channels, no convolution in the head, and neither
    dropout nor stochastic depth. The shares are those requested as in `resnet_tiny`.
    """
    return Network(Stem(8, act="silu"), _stages(EFFICIENTNET_TINY_STAGES), Head(act="silu"), side=14, classes=10)


def _stages(table: tuple[tuple[int, int, int, int, int], ...]) -> tuple[Stage, ...]:
    return tuple(
        Stage(width, stride, (MBConv(expansion, kernel, gate=0.25),) * blocks)
        for expansion, kernel, width, stride, blocks in table
    )
