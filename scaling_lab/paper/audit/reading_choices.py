"""The choices that make up a reading: functions and descriptions. The first choice of each kind is the usual one.

The names of the choices are written to `audit.csv`.
"""

from collections.abc import Callable
from dataclasses import replace

from scaling_lab.networks.block_layers import Block
from scaling_lab.networks.blocks import Bottleneck
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.rounding import FITTED, NEAREST, PAPER


def _keep_single_blocks(depths: tuple[int, ...], d: float) -> tuple[int, ...]:
    return tuple(depth if depth == 1 else new for depth, new in zip(depths, PAPER.depths(depths, d), strict=True))


def _keep_head(network: Network) -> Network:
    return replace(network, head=replace(network.head, grows=False, shrinks=False))


def _keep_stem_and_head(network: Network) -> Network:
    return replace(_keep_head(network), stem=replace(network.stem, scales=False))


def _stride_in_first_conv(network: Network) -> Network:
    def original(block: Block) -> Block:
        return replace(block, strides_first=True) if isinstance(block, Bottleneck) else block

    stages = tuple(replace(stage, blocks=tuple(map(original, stage.blocks))) for stage in network.stages)
    return replace(network, stages=stages)


def _round_to_multiple(of: int) -> Callable[[float], int]:
    return lambda side: max(1, int(side / of + 0.5)) * of


DEPTH_CHOICES = {
    "stages up": PAPER.depths,
    "one-block stages kept": _keep_single_blocks,
    "stages to the nearest": NEAREST.depths,
}
WIDTH_CHOICES = {
    "widths to 8, 90 % rule": PAPER.width,
    "widths to the nearest 8": NEAREST.width,
    "widths in single channels": FITTED.width,
}
END_CHOICES: dict[str, Callable[[Network], Network]] = {
    "stem and head scaled": lambda network: network,
    "head kept": _keep_head,
    "stem and head kept": _keep_stem_and_head,
}
STRIDE_CHOICES: dict[str, Callable[[Network], Network]] = {
    "stride in the 3x3": lambda network: network,
    "stride in the first 1x1": _stride_in_first_conv,
}
SIDE_CHOICES = {"side to the pixel": _round_to_multiple(1)} | {
    f"side to a multiple of {of}": _round_to_multiple(of) for of in (8, 16, 32)
}
RELEASED_SIDE = "released side"
UNROUNDED_MULTIPLIERS = "multipliers unrounded"

CHOICE_DESCRIPTIONS = {
    "multipliers as printed": "the multipliers that the row prints",
    UNROUNDED_MULTIPLIERS: "alpha, beta and gamma to the power that rounds to the printed multipliers",
    "stages up": "number of blocks of each stage rounded up",
    "one-block stages kept": "as above, but stages with one block keep it",
    "stages to the nearest": "number of blocks of each stage rounded to the nearest integer, as in pycls",
    "widths to 8, 90 % rule": (
        "widths rounded to the nearest multiple of 8, or the next one if that loses over 10 %, as in the released code"
    ),
    "widths to the nearest 8": "widths rounded to the nearest multiple of 8, as in pycls",
    "widths in single channels": "widths rounded to single channels",
    "stem and head scaled": "the width multiplier applies to stem and head",
    "head kept": "the convolution of the head keeps its width",
    "stem and head kept": "stem and head keep their widths",
    "stride in the 3x3": "ResNet bottlenecks have their stride in the 3x3 convolution (v1.5)",
    "stride in the first 1x1": "ResNet bottlenecks have their stride in the first 1x1 convolution, as in its paper",
    "side to the pixel": "the scaled side rounded to the nearest pixel",
    **{
        f"side to a multiple of {of}": f"the scaled side rounded to the nearest multiple of {of} pixels"
        for of in (8, 16, 32)
    },
    RELEASED_SIDE: "the side of the released EfficientNet with these multipliers; the only choice for B0 to B7",
}
