"""ResNet and RegNet as torchvision builds them."""

from functools import partial

import torch
from torch import Tensor, nn
from torchvision.models import RegNet
from torchvision.models.regnet import BlockParams, ResBottleneckBlock
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from scripts.references.question import CLASSES, Answer, Question, deeper

RESNETS = {
    "resnet18": (BasicBlock, [2, 2, 2, 2]),
    "resnet34": (BasicBlock, [3, 4, 6, 3]),
    "resnet50": (Bottleneck, [3, 4, 6, 3]),
    "resnet101": (Bottleneck, [3, 4, 23, 3]),
    "resnet152": (Bottleneck, [3, 8, 36, 3]),
}


def resnet(question: Question, norm: partial) -> Answer:
    """ResNet v1.5 (stride in the 3 x 3 of a bottleneck)."""
    block, blocks = RESNETS[question.family]
    depths = deeper(blocks, question.depth)
    if question.width == 1:
        module = ResNet(block, depths, norm_layer=norm)
    else:
        module = WiderResNet(block, depths, question.width, norm)
    return Answer(module, depths, "torchvision")


def resnet_cifar(question: Question, norm: partial) -> Answer:
    """ResNets for images of 32 px: 3x3 stem of stride 1, no max pooling."""
    if question.family == "resnet18_cifar":
        depths = deeper([2, 2, 2, 2], question.depth)
        module = ResNet(BasicBlock, depths, num_classes=question.classes, norm_layer=norm)
        module.conv1 = nn.Conv2d(3, 64, kernel_size=3, padding=1, bias=False)
        module.maxpool = nn.Identity()
    else:
        layers = int(question.family.removeprefix("resnet").removesuffix("_cifar"))
        depths = deeper([(layers - 2) // 6] * 3, question.depth)
        module = ThreeStages(depths, question.classes, norm)
    return Answer(module, depths, "torchvision")


class ThreeStages(ResNet):
    """torchvision's ResNet with the stages of section 4.2: 16, 32 and 64 channels."""

    def __init__(self, blocks: list[int], classes: int, norm: partial) -> None:
        super().__init__(BasicBlock, [1, 1, 1, 1], norm_layer=norm)
        self.inplanes = 16
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1, bias=False)
        self.bn1 = norm(16)
        self.maxpool = self.layer4 = nn.Identity()
        for stage, (depth, stride) in enumerate(zip(blocks, (1, 2, 2), strict=True), 1):
            setattr(self, f"layer{stage}", self._make_layer(BasicBlock, 8 * 2**stage, depth, stride))
        self.fc = nn.Linear(64, classes)


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
