"""EfficientNets and MobileNets as torchvision and timm build them."""

from copy import copy
from dataclasses import replace
from functools import partial
from itertools import groupby

from timm.models.efficientnet import _gen_efficientnet_lite, _gen_mobilenet_v1
from torchvision.models import MobileNetV2, MobileNetV3
from torchvision.models.efficientnet import EfficientNet, MBConvConfig, _efficientnet_conf
from torchvision.models.mobilenetv3 import InvertedResidualConfig, _mobilenet_v3_conf

from scripts.references.question import EFFICIENTNET_TABLE, LITE_TABLE, Answer, Question, deeper

MOBILENET_V2_STAGES = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
]  # expansion, channels, blocks, stride, as in torchvision


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


def mobilenet_v2_cifar(question: Question, norm: partial) -> Answer:
    """MobileNetV2 with stride 1 in the stem and in the stage of 24 channels."""
    depths = deeper([stage[2] for stage in MOBILENET_V2_STAGES], question.depth)
    stages = [[t, c, n, 1 if c == 24 else s] for (t, c, _, s), n in zip(MOBILENET_V2_STAGES, depths, strict=True)]
    module = MobileNetV2(question.classes, question.width, inverted_residual_setting=stages, norm_layer=norm)
    module.features[0][0].stride = (1, 1)
    return Answer(module, depths, "torchvision")


def efficientnet_b0_cifar(question: Question, norm: partial) -> Answer:
    """EfficientNet-B0 with stride 1 in the stem."""
    stages, head = _efficientnet_conf("efficientnet_b0", width_mult=question.width, depth_mult=question.depth)
    module = EfficientNet(stages, 0.2, num_classes=question.classes, last_channel=head, norm_layer=norm)
    module.features[0][0].stride = (1, 1)
    return Answer(module, [stage.num_layers for stage in stages], "torchvision")


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
