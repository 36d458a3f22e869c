"""RegNetY-800MF (Radosavovic et al. 2020, arXiv 2003.13678; widths and depths from the released configuration:
w_a 38.84, w_0 56, w_m 2.4, 14 blocks, groups of 16)."""

from dataclasses import dataclass

from scaling_lab.networks.blocks import BlockContext, add_residual, conv_norm, projection_shortcut, squeeze_excitation
from scaling_lab.networks.layers import Act, Layer
from scaling_lab.networks.network import Head, Network, Stage, Stem
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
    """1x1, grouped 3x3, squeeze-and-excitation to `gate` of the channels that enter the block, 1x1; of one width."""

    gate: float = 0.25

    def layers(self, at: BlockContext) -> tuple[Layer, ...]:
        if at.group is None:
            raise ValueError(f"a RegNet block needs its stage's group width; {at} has none")
        groups = at.outputs // at.group
        body = (
            *conv_norm("reduce", at.inputs, at.outputs, at),
            Act("reduce_act", "relu"),
            *conv_norm("conv", at.outputs, at.outputs, at, kernel=3, stride=at.stride, groups=groups),
            Act("conv_act", "relu"),
            *squeeze_excitation(at.outputs, max(1, round(at.inputs * self.gate)), "relu", "sigmoid"),
            *conv_norm("expand", at.outputs, at.outputs, at),
        )
        return (add_residual(body, projection_shortcut(at), at), Act("act", "relu"))


def regnet_y_800mf() -> Network:
    """At 224 px: 6,432,512 parameters and 833,856,256 FLOPs. Stage widths stay multiples of a group's 16 channels."""
    stages = tuple(Stage(width, 2, (RegNetYBlock(),) * blocks, group=GROUP_WIDTH) for width, blocks in REGNET_Y_800MF)
    return Network(Stem(32), stages, Head(), side=224)
