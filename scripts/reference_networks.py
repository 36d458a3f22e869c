"""The networks that make_references.py writes about, as torchvision and timm build them.

Only networks with one possible meaning are built: a ResNet is made wider only where no channel count needs rounding, a
depth only where ceil does not hang on floating point, and a network that is itself a scaled one (EfficientNet-B1 to B7,
Lite1 to Lite4) not at all, as its channels would be rounded twice.

Layers are registered in one order: inside a block the main branch first (squeeze-excite between depthwise convolution
and projection), then the shortcut.
"""

import math
import sys
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

import torch
from torch import Tensor, nn

try:  # a torchvision built for CUDA does not import beside a CPU torch unless its operators are declared
    import torchvision
except RuntimeError:
    for name in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[name]
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision  # noqa: F401

from timm.models.efficientnet import _gen_efficientnet_lite, _gen_mobilenet_v1
from torchvision.models import MobileNetV2, MobileNetV3, RegNet
from torchvision.models.efficientnet import EfficientNet, MBConvConfig, _efficientnet_conf
from torchvision.models.mobilenetv3 import InvertedResidualConfig, _mobilenet_v3_conf
from torchvision.models.regnet import BlockParams, ResBottleneckBlock
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

CLASSES = 1000
DEFAULT_EPS = 1e-5  # torch's; the EfficientNets of the paper have 1e-3

RESNETS = {
    "resnet18": (BasicBlock, [2, 2, 2, 2]),
    "resnet34": (BasicBlock, [3, 4, 6, 3]),
    "resnet50": (Bottleneck, [3, 4, 6, 3]),
    "resnet101": (Bottleneck, [3, 4, 23, 3]),
    "resnet152": (Bottleneck, [3, 8, 36, 3]),
}
MOBILENET_V2_STAGES = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
]  # expansion, channels, blocks, stride, as in torchvision
EFFICIENTNET_TABLE = [
    (1.0, 1.0, 224),
    (1.0, 1.1, 240),
    (1.1, 1.2, 260),
    (1.2, 1.4, 300),
    (1.4, 1.8, 380),
    (1.6, 2.2, 456),
    (1.8, 2.6, 528),
    (2.0, 3.1, 600),
]  # B0 to B7: width, depth, side
LITE_TABLE = [
    (1.0, 1.0, 224),
    (1.0, 1.1, 240),
    (1.1, 1.2, 260),
    (1.2, 1.4, 280),
    (1.4, 1.8, 300),
]  # Lite0 to Lite4: width, depth, side


@dataclass(frozen=True)
class Question:
    """A network to ask about; `outputs` asks for its outputs too, under weights with this `gain`."""

    family: str
    side: int
    depth: float = 1.0
    width: float = 1.0
    norm_eps: float = DEFAULT_EPS
    outputs: bool = False
    gain: float = 1.0

    @property
    def name(self) -> str:
        """Unique in the file."""
        eps = "" if self.norm_eps == DEFAULT_EPS else f" eps={self.norm_eps:g}"
        return f"{self.family} depth={self.depth:g} width={self.width:g} side={self.side}{eps}"


@dataclass(frozen=True)
class Answer:
    """A built network: its module, its blocks per stage, the library it comes from."""

    module: nn.Module
    depths: list[int]
    library: str


def build(question: Question) -> Answer:
    """The network by the library that has its family."""
    norm = partial(nn.BatchNorm2d, eps=question.norm_eps)
    return BUILDERS[question.family](question, norm)


def resnet(question: Question, norm: partial) -> Answer:
    """ResNet v1.5 (stride in the 3 x 3 of a bottleneck)."""
    block, blocks = RESNETS[question.family]
    depths = deeper(blocks, question.depth)
    if question.width == 1:
        module = ResNet(block, depths, norm_layer=norm)
    else:
        module = WiderResNet(block, depths, question.width, norm)
    return Answer(module, depths, "torchvision")


class WiderResNet(ResNet):
    """torchvision's ResNet with `width` times the channels everywhere: stem, blocks and the input of the classifier."""

    def __init__(self, block: type, blocks: list[int], width: float, norm: partial) -> None:
        self.width = width  # read by _make_layer, which the parent's constructor calls
        super().__init__(block, blocks, norm_layer=norm)
        self.conv1 = nn.Conv2d(3, self.wider(64), kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = norm(self.wider(64))
        self.fc = nn.Linear(self.wider(512) * block.expansion, CLASSES)

    def wider(self, channels: int) -> int:
        """`channels` times width, which must be a multiple of 8."""
        wide = channels * self.width
        if wide % 8:
            raise ValueError(f"{channels} channels times {self.width} would need rounding")
        return int(wide)

    def _make_layer(self, block: type, planes: int, *args: object, **kwargs: object) -> nn.Sequential:
        if planes == 64:
            self.inplanes = self.wider(64)
        return super()._make_layer(block, self.wider(planes), *args, **kwargs)


def efficientnet(question: Question, norm: partial) -> Answer:
    """EfficientNet: widths to multiples of 8 by the 90 % rule, squeeze width a quarter of the block's input."""
    width, depth = multipliers(EFFICIENTNET_TABLE, question)
    stages, head = _efficientnet_conf(question.family, width_mult=width, depth_mult=depth)
    depths = [stage.num_layers for stage in stages]
    if depths != deeper([1, 2, 2, 3, 3, 4, 1], depth):
        raise ValueError(f"torchvision rounds the depth of {question} in another way")
    if abs(4 * stages[-1].out_channels - 1280 * width) > 4:  # torchvision: 4 times the last stage
        raise ValueError(f"the head of {question} depends on how it is rounded")
    return Answer(EfficientNet(stages, 0.2, last_channel=head, norm_layer=norm), depths, "torchvision")


def efficientnet_lite(question: Question, norm: partial) -> Answer:
    """EfficientNet-Lite: no squeeze-excite, ReLU6; stem, head and the blocks of the first and last stage are fixed."""
    width, depth = multipliers(LITE_TABLE, question)
    module = _gen_efficientnet_lite(question.family, width, depth, norm_layer=norm)
    depths = [len(stage) for stage in module.blocks]
    if depths != [1, *deeper([2, 2, 3, 3, 4], depth), 1]:
        raise ValueError(f"timm rounds the depth of {question} in another way")
    return Answer(module, depths, "timm")


def multipliers(table: list[tuple[float, float, int]], question: Question) -> tuple[float, float]:
    """Width and depth relative to the first network of `table`; the family's last character is its row."""
    width, depth, _ = table[int(question.family[-1])]
    if (width, depth) != (1, 1) and (question.width, question.depth) != (1, 1):
        raise ValueError(f"{question} would be rounded twice")
    return width * question.width, depth * question.depth


def efficientnet_v2(question: Question, norm: partial) -> Answer:
    """EfficientNetV2: every width to multiples of 8 by the 90 % rule."""
    stages, head = _efficientnet_conf(question.family)
    depths = deeper([stage.num_layers for stage in stages], question.depth)
    wider = partial(MBConvConfig.adjust_channels, width_mult=question.width)
    stages = [
        replace(stage, input_channels=wider(stage.input_channels), out_channels=wider(stage.out_channels), num_layers=n)
        for stage, n in zip(stages, depths, strict=True)
    ]
    return Answer(EfficientNet(stages, 0.2, last_channel=wider(head), norm_layer=norm), depths, "torchvision")


def mobilenet_v1(question: Question, norm: partial) -> Answer:
    """MobileNetV1 with ReLU6, depth over the five stages 1, 2, 2, 6, 2; stem and stages in 8s by the 90 % rule."""
    module = _gen_mobilenet_v1("mobilenetv1_100", question.width, question.depth, norm_layer=norm)
    depths = [len(stage) for stage in module.blocks]
    if depths != deeper([1, 2, 2, 6, 2], question.depth):
        raise ValueError(f"timm rounds the depth of {question} in another way")
    return Answer(module, depths, "timm")


def mobilenet_v2(question: Question, norm: partial) -> Answer:
    """MobileNetV2: as an EfficientNet, but the head is never narrower than 1280."""
    depths = deeper([stage[2] for stage in MOBILENET_V2_STAGES], question.depth)
    stages = [[t, c, n, s] for (t, c, _, s), n in zip(MOBILENET_V2_STAGES, depths, strict=True)]
    module = MobileNetV2(width_mult=question.width, inverted_residual_setting=stages, norm_layer=norm)
    return Answer(module, depths, "torchvision")


def mobilenet_v3(question: Question, norm: partial) -> Answer:
    """MobileNetV3: a stage is a run of equal width, made deeper by its last block.

    Made wider as in the released code and timm: stem, stages, head and hidden layer by the 90 % rule, and a block's
    expanded channels from its own input (torchvision's width_mult takes them from the table).
    """
    table, hidden = _mobilenet_v3_conf(question.family)
    stages = [list(run) for _, run in groupby(table, key=lambda block: block.out_channels)]
    depths = deeper([len(stage) for stage in stages], question.depth)
    wider = partial(InvertedResidualConfig.adjust_channels, width_mult=question.width)
    if wider(6 * table[-1].out_channels) != 6 * wider(table[-1].out_channels):  # torchvision: 6 times the last stage
        raise ValueError(f"torchvision cannot build the head of {question}")
    blocks, inputs = [], wider(table[0].input_channels)
    for stage, depth in zip(stages, depths, strict=True):
        for index in range(depth):
            blocks.append(inverted_residual(stage, index, inputs, wider(stage[0].out_channels)))
            inputs = blocks[-1].out_channels
    return Answer(MobileNetV3(blocks, wider(hidden), norm_layer=norm), depths, "torchvision")


def inverted_residual(
    stage: list[InvertedResidualConfig], index: int, inputs: int, outputs: int
) -> InvertedResidualConfig:
    """Block `index` of a stage of MobileNetV3: the stage's own or, past its end, the last again."""
    block = copy(stage[min(index, len(stage) - 1)])
    expanded = inputs * block.expanded_channels / block.input_channels
    block.expanded_channels = InvertedResidualConfig.adjust_channels(expanded, 1.0)
    block.input_channels, block.out_channels = inputs, outputs
    block.stride = block.stride if index == 0 else 1
    return block


class MainBranchFirst(ResBottleneckBlock):
    """torchvision's block of RegNet, which has its shortcut first, in the order of the other families."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        shortcut = self.proj
        del self.proj
        self.proj = shortcut

    def forward(self, x: Tensor) -> Tensor:
        main = self.f(x)
        return self.activation(main + (x if self.proj is None else self.proj(x)))


def regnet(question: Question, norm: partial) -> Answer:
    """RegNetY-800MF; groups keep their 16 channels, squeeze width is a quarter of the block's input."""
    with torch.device("cpu"):  # it computes the table with tensors
        table = BlockParams.from_init_params(depth=14, w_0=56, w_a=38.84, w_m=2.4, group_width=16, se_ratio=0.25)
    table.depths = deeper(table.depths, question.depth)
    table.widths = [int(width * question.width) for width in table.widths]
    if any(width % 16 for width in table.widths):
        raise ValueError(f"the channels of {question} would need rounding")
    module = RegNet(table, stem_width=int(32 * question.width), block_type=MainBranchFirst, norm_layer=norm)
    return Answer(module, table.depths, "torchvision")


def deeper(blocks: list[int], depth: float) -> list[int]:
    """ceil(depth * blocks) for each stage; an error where floating point decides it."""
    deep = [math.ceil(depth * n) for n in blocks]
    if deep != [math.ceil(depth * n - 1e-9) for n in blocks]:
        raise ValueError(f"depth {depth} falls on a whole number of blocks by floating point")
    return deep


BUILDERS: dict[str, Callable[[Question, partial], Answer]] = {
    **dict.fromkeys(RESNETS, resnet),
    **{f"efficientnet_b{row}": efficientnet for row in range(len(EFFICIENTNET_TABLE))},
    **{f"efficientnet_lite{row}": efficientnet_lite for row in range(len(LITE_TABLE))},
    "efficientnet_v2_s": efficientnet_v2,
    "mobilenet_v1": mobilenet_v1,
    "mobilenet_v2": mobilenet_v2,
    "mobilenet_v3_large": mobilenet_v3,
    "mobilenet_v3_small": mobilenet_v3,
    "regnet_y_800mf": regnet,
}
