"""RegNetY-800MF (Radosavovic et al. 2020, arXiv 2003.13678).

Widths and depths are those of the released configuration: w_a 38.84, w_0 56, w_m 2.4, 14 blocks, groups of 16.
"""

from dataclasses import dataclass

from scaling_lab.networks.block_layers import (
    BlockContext,
    add_residual,
    conv_norm,
    projection_shortcut,
    squeeze_excitation,
)
from scaling_lab.networks.layers import Act, Layer
from scaling_lab.networks.network import Network
from scaling_lab.networks.parts import Head, Stage, Stem
from scaling_lab.networks.tags import tagged

GROUP_WIDTH = 16

#    width, blocks
REGNET_Y_800MF = (
    (64, 1),
    (144, 3),
    (320, 8),
    (784, 2),
)


@tagged("YBlock")
@dataclass(frozen=True)
class RegNetYBlock:
    """1x1, grouped 3x3, squeeze-and-excitation and 1x1, all of the stage's width.

    Attributes:
        gate: Squeezed over input channels.
    """

    gate: float = 0.25

    def layers(self, context: BlockContext) -> tuple[Layer, ...]:
        if context.group is None:
            raise ValueError(f"a RegNet block needs the group width of its stage; group is None in {context}")
        groups = context.outputs // context.group
        body = (
            *conv_norm("reduce", context.inputs, context.outputs, context),
            Act("reduce_act", "relu"),
            *conv_norm(
                "conv", context.outputs, context.outputs, context, kernel=3, stride=context.stride, groups=groups
            ),
            Act("conv_act", "relu"),
            *squeeze_excitation(context.outputs, max(1, round(context.inputs * self.gate)), "relu", "sigmoid"),
            *conv_norm("expand", context.outputs, context.outputs, context),
        )
        return (add_residual(body, projection_shortcut(context), context), Act("act", "relu"))


def regnet_y_800mf() -> Network:
    """Return RegNetY-800MF: 6,432,512 parameters and 833,856,256 FLOPs (multiply-adds) at 224 px.

    Scaled stage widths stay multiples of the 16 channels of a group.
    """
    stages = tuple(Stage(width, 2, (RegNetYBlock(),) * blocks, group=GROUP_WIDTH) for width, blocks in REGNET_Y_800MF)
    return Network(Stem(32), stages, Head(), side=224)
