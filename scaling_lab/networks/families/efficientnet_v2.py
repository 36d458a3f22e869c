"""EfficientNetV2-S (Tan & Le 2021, arXiv 2104.00298, Table 4)."""

from dataclasses import dataclass

from scaling_lab.networks.block_layers import Block, BlockContext, add_residual, conv_norm
from scaling_lab.networks.blocks import MBConv
from scaling_lab.networks.layers import Act, ActKind, Layer, check_act
from scaling_lab.networks.network import Network
from scaling_lab.networks.parts import Head, Stage, Stem
from scaling_lab.networks.tags import tagged


@tagged("FusedMBConv")
@dataclass(frozen=True)
class FusedMBConv:
    """MBConv with a 3x3 convolution in place of the expansion and depthwise ones (Figure 2).

    Expansion 1 has no projection.
    """

    expansion: int
    kernel: int = 3
    act: ActKind = "silu"

    def __post_init__(self) -> None:
        check_act(self.act)

    def layers(self, context: BlockContext) -> tuple[Layer, ...]:
        wide = context.outputs if self.expansion == 1 else context.inputs * self.expansion
        body: tuple[Layer, ...] = (
            *conv_norm("fused", context.inputs, wide, context, kernel=self.kernel, stride=context.stride),
            Act("fused_act", self.act),
        )
        if self.expansion != 1:
            body = (*body, *conv_norm("project", wide, context.outputs, context))
        return (add_residual(body, (), context),) if context.keeps_shape else body


#    block, width, stride, blocks
EFFICIENTNET_V2_S_STAGES: tuple[tuple[Block, int, int, int], ...] = (
    (FusedMBConv(1), 24, 1, 2),
    (FusedMBConv(4), 48, 2, 4),
    (FusedMBConv(4), 64, 2, 4),
    (MBConv(4, gate=0.25), 128, 2, 6),
    (MBConv(6, gate=0.25), 160, 1, 9),
    (MBConv(6, gate=0.25), 256, 2, 15),
)


def efficientnet_v2_s() -> Network:
    """Return EfficientNetV2-S: 21,458,488 parameters and 8,365,617,152 FLOPs (multiply-adds) at 384 px.

    384 px is the side of evaluation; training uses 300 px.
    """
    return Network(
        stem=Stem(24, act="silu"),
        stages=tuple(
            Stage(width, stride, (block,) * blocks) for block, width, stride, blocks in EFFICIENTNET_V2_S_STAGES
        ),
        head=Head(1280, act="silu", dropout=0.2),
        side=384,
        eps=1e-3,
        drop_path=0.2,
    )
