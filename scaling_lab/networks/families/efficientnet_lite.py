"""EfficientNet-Lite0 to -Lite4 (github.com/tensorflow/tpu, models/official/efficientnet/lite, 2020).

EfficientNet-B0 without squeeze-and-excitation and with ReLU6. Multipliers do not apply to the stem, the head, and the
depth of the first and last stage.
"""

from dataclasses import replace

from scaling_lab.networks.blocks import MBConv
from scaling_lab.networks.families.efficientnet import EFFICIENTNET_B0_STAGES
from scaling_lab.networks.network import Network
from scaling_lab.networks.parts import Head, Stage, Stem
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import PAPER
from scaling_lab.networks.scaling.scale import scale


def efficientnet_lite(width: float, depth: float, side: int, dropout: float) -> Network:
    """Return Lite0 scaled by a released width and depth multiplier, at its released side.

    At 224 px Lite0 has 4,652,008 parameters.

    Raises:
        ValueError: A multiplier, the side or the dropout is out of range.
    """
    ends = (0, len(EFFICIENTNET_B0_STAGES) - 1)
    stages = tuple(
        Stage(channels, stride, (MBConv(expansion, kernel, act="relu6"),) * blocks, deepens=number not in ends)
        for number, (expansion, kernel, channels, stride, blocks) in enumerate(EFFICIENTNET_B0_STAGES)
    )
    head = Head(1280, act="relu6", dropout=dropout, shrinks=False, grows=False)
    lite0 = Network(Stem(32, act="relu6", scales=False), stages, head, 224, eps=1e-3, momentum=0.01, drop_path=0.2)
    return replace(scale(lite0, Multipliers(depth, width), PAPER), side=side)
