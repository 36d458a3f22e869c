"""The choices of each kind that a reading is made of: what they do, and what they mean. The usual one comes first."""

from collections.abc import Callable
from dataclasses import replace

from scaling_lab.networks.blocks import Block, Bottleneck
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.rounding import FITTED, NEAREST, PAPER


def _one_block_kept(depths: tuple[int, ...], d: float) -> tuple[int, ...]:
    return tuple(depth if depth == 1 else new for depth, new in zip(depths, PAPER.depths(depths, d), strict=True))


def _head_kept(network: Network) -> Network:
    return replace(network, head=replace(network.head, grows=False, shrinks=False))


def _ends_kept(network: Network) -> Network:
    return replace(_head_kept(network), stem=replace(network.stem, scales=False))


def _strides_first(network: Network) -> Network:
    def original(block: Block) -> Block:
        return replace(block, strides_first=True) if isinstance(block, Bottleneck) else block

    stages = tuple(replace(stage, blocks=tuple(map(original, stage.blocks))) for stage in network.stages)
    return replace(network, stages=stages)


def _to_multiple(of: int) -> Callable[[float], int]:
    return lambda side: max(1, int(side / of + 0.5)) * of


DEPTHS = {"stages up": PAPER.depths, "one-block stages kept": _one_block_kept, "stages to the nearest": NEAREST.depths}
WIDTHS = {
    "widths to 8, 90 % rule": PAPER.width,
    "widths to the nearest 8": NEAREST.width,
    "widths in single channels": FITTED.width,
}
ENDS: dict[str, Callable[[Network], Network]] = {
    "stem and head scaled": lambda network: network,
    "head kept": _head_kept,
    "stem and head kept": _ends_kept,
}
STRIDES: dict[str, Callable[[Network], Network]] = {
    "stride in the 3x3": lambda network: network,
    "stride in the first 1x1": _strides_first,
}
SIDES = {"side to the pixel": _to_multiple(1)} | {f"side to a multiple of {of}": _to_multiple(of) for of in (8, 16, 32)}
RELEASED = "released side"
UNROUNDED = "multipliers unrounded"

MEANING = {
    "multipliers as printed": "the multipliers that the row prints",
    UNROUNDED: "alpha, beta and gamma to the power that rounds to the printed multipliers",
    "stages up": "blocks of each stage rounded up",
    "one-block stages kept": "the same, but a stage of one block keeps it",
    "stages to the nearest": "blocks of each stage to the nearest number, as in pycls",
    "widths to 8, 90 % rule": "widths to multiples of 8, one more where that loses over 10 %, as in the released code",
    "widths to the nearest 8": "widths to the nearest multiple of 8, as in pycls",
    "widths in single channels": "widths to whole channels",
    "stem and head scaled": "stem and head take part in the width multiplier",
    "head kept": "the head's convolution keeps its width",
    "stem and head kept": "stem and head keep their widths",
    "stride in the 3x3": "bottlenecks of a ResNet have their stride in the 3x3 (v1.5)",
    "stride in the first 1x1": "bottlenecks of a ResNet have their stride in the first 1x1, as in its paper",
    "side to the pixel": "the side multiplied, to the nearest pixel",
    **{
        f"side to a multiple of {of}": f"the side multiplied, to the nearest multiple of {of} pixels"
        for of in (8, 16, 32)
    },
    RELEASED: "the side of the released EfficientNet with these multipliers; for B0 to B7 themselves the only one",
}
