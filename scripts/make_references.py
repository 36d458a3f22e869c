"""Write tests/references/networks.json: what torchvision and timm say about the families of this project.

How to run, in a virtual environment with torch, torchvision, timm and fvcore (the project itself needs only torch):

    python scripts/make_references.py

Each entry of the file is one network at one picture side: its parameters, its counts by fvcore (batch 1, eval mode),
and for some networks ("parity") the outputs for two fixed pictures, under the weights of tests/references/fill.py.
Those weights follow the order of layers, and this script checks that registration order is the order of execution:
inside a block the main branch first (squeeze-excite between depthwise convolution and projection), then the shortcut.

Only networks with one possible meaning are written: a ResNet is made wider only where no channel count needs rounding,
a depth only where ceil does not hang on floating point.
"""

import json
import logging
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "tests" / "references" / "networks.json"
sys.path.insert(0, str(ROOT))

try:  # a torchvision built for CUDA does not import beside a CPU torch unless its operators are declared
    import torchvision
except RuntimeError:
    for name in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[name]
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision  # noqa: F401

from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis  # noqa: E402
from timm.models.efficientnet import _gen_mobilenet_v1  # noqa: E402
from torchvision.models import MobileNetV2  # noqa: E402
from torchvision.models.efficientnet import EfficientNet, _efficientnet_conf  # noqa: E402
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet  # noqa: E402

from tests.references.fill import WEIGHED, fill, picture  # noqa: E402

CLASSES = 1000
DEFAULT_EPS = 1e-5  # torch's; the EfficientNets of the paper have 1e-3

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
OTHER_EFFICIENTNETS = [
    (1.4, 1.2),
    (0.5, 1.0),
    (1.0, 2.2),
    (2.0, 1.0),
    (0.75, 0.6),
    (1.3, 1.9),
    (0.35, 3.1),
    (1.1, 4.0),
]  # width, depth


@dataclass(frozen=True)
class Question:
    """A network to ask about; `outputs` asks for its outputs too."""

    family: str
    side: int
    depth: float = 1.0
    width: float = 1.0
    norm_eps: float = DEFAULT_EPS
    outputs: bool = False

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


def questions() -> Iterator[Question]:
    """Everything to ask, parity first."""
    yield from parity()
    yield from counts()


def parity() -> Iterator[Question]:
    """Networks whose outputs are kept."""
    ask = partial(Question, outputs=True)
    for family in ("resnet18", "resnet50"):
        yield from (ask(family, side) for side in (224, 64))
    yield ask("resnet18", 96, depth=2.0)
    yield ask("resnet50", 96, depth=4.0)
    yield ask("resnet18", 64, width=0.5)
    yield ask("resnet50", 64, width=0.5)
    for eps in (DEFAULT_EPS, 1e-3):
        yield from (ask("efficientnet_b0", side, norm_eps=eps) for side in (224, 96))
        yield ask("efficientnet_b0", 128, depth=1.1, norm_eps=eps)
        yield ask("efficientnet_b0", 96, depth=1.4, width=1.2, norm_eps=eps)
    yield from (ask("mobilenet_v1", side) for side in (224, 96))
    yield ask("mobilenet_v1", 96, width=1.25)
    yield ask("mobilenet_v1", 96, depth=1.4, width=0.75)
    yield from (ask("mobilenet_v2", side) for side in (224, 96))
    yield ask("mobilenet_v2", 96, width=1.4)
    yield ask("mobilenet_v2", 96, depth=1.4, width=0.75)


def counts() -> Iterator[Question]:
    """Networks that are only counted."""
    for width, depth, side in EFFICIENTNET_TABLE[1:]:
        yield Question("efficientnet_b0", side, depth, width)
    yield from (Question("efficientnet_b0", side) for side in (32, 225, 260, 299, 448))
    for width, depth in OTHER_EFFICIENTNETS:
        yield from (Question("efficientnet_b0", side, depth, width) for side in (192, 299))
    for family in ("resnet18", "resnet50"):
        yield from (Question(family, side) for side in (225, 260, 299, 448))
        yield from (Question(family, 160, depth) for depth in (0.5, 1.4, 2.0, 3.0, 4.0))
        yield from (Question(family, 224, depth) for depth in (1.4, 2.0, 4.0))
        yield from (Question(family, 224, 1.0, width) for width in (0.5, 0.75, 1.25, 1.5, 2.0))
        yield from (Question(family, 299, depth, width) for depth, width in [(1.4, 0.75), (2.0, 1.5)])
    for family in ("mobilenet_v1", "mobilenet_v2"):
        yield from (Question(family, side) for side in (225, 260, 299, 448))
        yield from (Question(family, 224, 1.0, width) for width in (0.35, 0.5, 0.75, 1.25, 1.4, 2.0))
        yield from (Question(family, 299, 1.0, width) for width in (0.75, 1.4))
        yield from (Question(family, 224, depth) for depth in (0.5, 1.7, 2.0, 4.0))
        yield from (Question(family, 288, depth, width) for depth, width in [(1.4, 1.2), (1.2, 1.4), (1.7, 0.6)])


def build(question: Question) -> Answer:
    """The network by the library that has its family."""
    norm = partial(nn.BatchNorm2d, eps=question.norm_eps)
    if question.family == "resnet18":
        return resnet(BasicBlock, [2, 2, 2, 2], question, norm)
    if question.family == "resnet50":
        return resnet(Bottleneck, [3, 4, 6, 3], question, norm)
    others = {"efficientnet_b0": efficientnet, "mobilenet_v1": mobilenet_v1, "mobilenet_v2": mobilenet_v2}
    return others[question.family](question, norm)


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


def resnet(block: type, blocks: list[int], question: Question, norm: partial) -> Answer:
    """ResNet v1.5 (stride in the 3 x 3 of a bottleneck)."""
    depths = deeper(blocks, question.depth)
    if question.width == 1:
        module = ResNet(block, depths, norm_layer=norm)
    else:
        module = WiderResNet(block, depths, question.width, norm)
    return Answer(module, depths, "torchvision")


def efficientnet(question: Question, norm: partial) -> Answer:
    """EfficientNet: widths to multiples of 8 by the 90 % rule, squeeze width a quarter of the block's input."""
    stages, head = _efficientnet_conf("efficientnet_b0", width_mult=question.width, depth_mult=question.depth)
    depths = [stage.num_layers for stage in stages]
    if depths != deeper([1, 2, 2, 3, 3, 4, 1], question.depth):
        raise ValueError(f"torchvision rounds the depth of {question} in another way")
    if abs(4 * stages[-1].out_channels - 1280 * question.width) > 4:  # torchvision: 4 times the last stage
        raise ValueError(f"the head of {question} depends on how it is rounded")
    return Answer(EfficientNet(stages, 0.2, last_channel=head, norm_layer=norm), depths, "torchvision")


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


def deeper(blocks: list[int], depth: float) -> list[int]:
    """ceil(depth * blocks) for each stage; an error where floating point decides it."""
    deep = [math.ceil(depth * n) for n in blocks]
    if deep != [math.ceil(depth * n - 1e-9) for n in blocks]:
        raise ValueError(f"depth {depth} falls on a whole number of blocks by floating point")
    return deep


def count(module: nn.Module, side: int) -> dict[str, int]:
    """Parameters, and fvcore's counts at batch 1; `flops` are multiply-adds of convolutions and linear layers."""
    pictures = torch.zeros(1, 3, side, side)
    operations = quiet(FlopCountAnalysis(module, pictures))
    by_operator = operations.by_operator()
    return {
        "params": sum(parameter.numel() for parameter in module.parameters()),
        "flops": int(by_operator["conv"] + by_operator["linear"]),
        "flops_fvcore": int(operations.total()),
        "activations": int(quiet(ActivationCountAnalysis(module, pictures)).total()),
    }


def quiet(analysis: FlopCountAnalysis) -> FlopCountAnalysis:
    """`analysis` without its remarks on operators that it does not count."""
    return analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)


def outputs(module: nn.Module, side: int) -> dict[str, object]:
    """The first eight logits of each picture, and the mean absolute logit over all."""
    logits = module(picture(side))
    return {
        "logits": [[seven_digits(value) for value in row] for row in logits[:, :8]],
        "mean_abs": seven_digits(logits.abs().mean()),
    }


def seven_digits(value: Tensor) -> float:
    """A float with 7 significant digits."""
    return float(f"{value.item():.7g}")


def check_order(module: nn.Module, side: int) -> None:
    """Raise unless the leaf modules run in the order in which they are registered."""
    registered = [leaf for leaf in module.modules() if isinstance(leaf, WEIGHED)]
    ran: list[nn.Module] = []
    hooks = [leaf.register_forward_hook(lambda leaf, *_: ran.append(leaf)) for leaf in registered]
    module(torch.zeros(1, 3, side, side))
    for hook in hooks:
        hook.remove()
    if [id(leaf) for leaf in ran] != [id(leaf) for leaf in registered]:
        raise ValueError("layers are not registered in the order in which they run")


def head_width(module: nn.Module) -> int:
    """Inputs of the classifier."""
    return [leaf.in_features for leaf in module.modules() if isinstance(leaf, nn.Linear)][-1]


def entry(question: Question) -> dict[str, object]:
    """One object of the file."""
    with torch.device("meta"):  # initial weights would take most of the time
        answer = build(question)
    module = answer.module.to_empty(device="cpu").eval().requires_grad_(False)
    if question.outputs:
        check_order(fill(module), 64)
    return {
        "name": question.name,
        "library": f"{answer.library} {version(answer.library)}",
        "family": question.family,
        "depths": answer.depths,
        "depth": question.depth,
        "width": question.width,
        "side": question.side,
        "classes": CLASSES,
        "norm_eps": question.norm_eps,
        "head": head_width(module),
        **count(module, question.side),
        "outputs": outputs(module, question.side) if question.outputs else None,
    }


def write(entries: list[dict[str, object]]) -> None:
    """The file: one field a line, lists of numbers on one line."""
    OUTPUT.write_text("[\n" + ",\n".join(pretty(row) for row in entries) + "\n]\n")


def pretty(row: dict[str, object]) -> str:
    """One object as text."""
    fields = [f'    "{key}": {json.dumps(value)}' for key, value in row.items()]
    return "  {\n" + ",\n".join(fields) + "\n  }"


def main() -> None:
    """Ask all questions, one line each on the screen, and write the file."""
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)  # faster at batch 1, much faster beside other work
    entries = []
    with torch.no_grad():
        for question in questions():
            entries.append(entry(question))
            print(question.name, f"{entries[-1]['flops']:,}", flush=True)
    names = [row["name"] for row in entries]
    if len(set(names)) < len(names):
        raise ValueError(f"asked twice: {sorted({name for name in names if names.count(name) > 1})}")
    write(entries)


if __name__ == "__main__":
    main()
