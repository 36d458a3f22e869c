"""MobileNetV3-Large and -Small (Howard et al. 2019, arXiv 1905.02244, Tables 1 and 2).

A stage is a run of rows of equal width; its rows differ, and deepening repeats the last. The expanded width is a ratio
of the input channels, rounded to a multiple of 8 as in the released code, so that it follows a width multiplier. The
last convolution of Small has no squeeze-and-excitation, as in the released code, although Table 2 marks one.
"""

from dataclasses import dataclass
from itertools import groupby

from scaling_lab.networks.block_layers import BlockContext, inverted_residual, squeeze_excitation
from scaling_lab.networks.layers import ActKind, Layer, check_act
from scaling_lab.networks.network import Network
from scaling_lab.networks.parts import Head, Stage, Stem
from scaling_lab.networks.scaling.rounding import round_to_multiple_of_8
from scaling_lab.networks.tags import tagged

BlockRow = tuple[int, int, int, bool, ActKind, int]

#    kernel, expanded, width, squeezed, activation, stride
LARGE_BLOCKS: tuple[BlockRow, ...] = (
    (3, 16, 16, False, "relu", 1),
    (3, 64, 24, False, "relu", 2),
    (3, 72, 24, False, "relu", 1),
    (5, 72, 40, True, "relu", 2),
    (5, 120, 40, True, "relu", 1),
    (5, 120, 40, True, "relu", 1),
    (3, 240, 80, False, "hardswish", 2),
    (3, 200, 80, False, "hardswish", 1),
    (3, 184, 80, False, "hardswish", 1),
    (3, 184, 80, False, "hardswish", 1),
    (3, 480, 112, True, "hardswish", 1),
    (3, 672, 112, True, "hardswish", 1),
    (5, 672, 160, True, "hardswish", 2),
    (5, 960, 160, True, "hardswish", 1),
    (5, 960, 160, True, "hardswish", 1),
)

SMALL_BLOCKS: tuple[BlockRow, ...] = (
    (3, 16, 16, True, "relu", 2),
    (3, 72, 24, False, "relu", 2),
    (3, 88, 24, False, "relu", 1),
    (5, 96, 40, True, "hardswish", 2),
    (5, 240, 40, True, "hardswish", 1),
    (5, 240, 40, True, "hardswish", 1),
    (5, 120, 48, True, "hardswish", 1),
    (5, 144, 48, True, "hardswish", 1),
    (5, 288, 96, True, "hardswish", 2),
    (5, 576, 96, True, "hardswish", 1),
    (5, 576, 96, True, "hardswish", 1),
)


@tagged("Bneck")
@dataclass(frozen=True)
class MobileNetV3Block:
    """Inverted residual with squeeze-and-excitation to a quarter of the expanded channels and a hard sigmoid.

    Attributes:
        expansion: Expanded over input channels, before rounding.
        squeezed: Whether the block has squeeze-and-excitation.
    """

    expansion: float
    kernel: int
    squeezed: bool
    act: ActKind

    def __post_init__(self) -> None:
        check_act(self.act)

    def layers(self, context: BlockContext) -> tuple[Layer, ...]:
        wide = round_to_multiple_of_8(context.inputs, self.expansion)
        gate = (
            squeeze_excitation(wide, round_to_multiple_of_8(wide, 0.25), "relu", "hardsigmoid") if self.squeezed else ()
        )
        return inverted_residual(context, wide, self.kernel, self.act, gate)


def mobilenet_v3_large() -> Network:
    """Return MobileNetV3-Large: 5,483,032 parameters and 216,589,760 FLOPs (multiply-adds) at 224 px."""
    return _network(LARGE_BLOCKS, Head(960, act="hardswish", dropout=0.2, hidden=1280))


def mobilenet_v3_small() -> Network:
    """Return MobileNetV3-Small: 2,542,856 parameters and 56,510,400 FLOPs (multiply-adds) at 224 px."""
    return _network(SMALL_BLOCKS, Head(576, act="hardswish", dropout=0.2, hidden=1024))


def _network(table: tuple[BlockRow, ...], head: Head) -> Network:
    inputs = [16, *(row[2] for row in table)]
    blocks = [
        (width, stride, MobileNetV3Block(expanded / entering, kernel, squeezed, act))
        for entering, (kernel, expanded, width, squeezed, act, stride) in zip(inputs, table, strict=False)
    ]
    stages = [list(run) for _, run in groupby(blocks, key=lambda block: block[0])]
    return Network(
        stem=Stem(16, act="hardswish"),
        stages=tuple(Stage(run[0][0], run[0][1], tuple(block for _, _, block in run)) for run in stages),
        head=head,
        side=224,
        eps=1e-3,
        momentum=0.01,
    )
