"""The list of all reference networks."""

from collections.abc import Iterator
from functools import partial

from scripts.references.question import DEFAULT_EPS, EFFICIENTNET_TABLE, LITE_TABLE, Question

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


def questions() -> Iterator[Question]:
    """Yield all questions."""
    for ask in (parity, counts, resnets, efficientnets, lites, mobilenets_v3, regnets, cifar):
        yield from ask()


def parity() -> Iterator[Question]:
    """Yield networks of the first families with outputs."""
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
    """Yield networks of the first families with counts only."""
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


def resnets() -> Iterator[Question]:
    """Yield the other ResNets of the paper."""
    yield from (Question("resnet34", side, outputs=True) for side in (224, 64))
    for family in ("resnet101", "resnet152"):
        yield Question(family, 64, outputs=True)
        yield Question(family, 224)
    for family in ("resnet34", "resnet101", "resnet152"):
        yield from (Question(family, side) for side in (225, 299))
        yield Question(family, 224, width=0.5)
        yield Question(family, 224, depth=2.0)


def efficientnets() -> Iterator[Question]:
    """Yield EfficientNet-B1 to B7 as separate families, and EfficientNetV2-S."""
    paper = partial(Question, norm_eps=1e-3)
    gains = (1.05, 1.05, 1.0, 1.0, 0.98, 0.95, 0.93)
    for row, ((_, _, side), gain) in enumerate(zip(EFFICIENTNET_TABLE[1:], gains, strict=True), 1):
        yield paper(f"efficientnet_b{row}", 64, outputs=True, gain=gain)
        yield paper(f"efficientnet_b{row}", side)
    yield paper("efficientnet_v2_s", 96, outputs=True, gain=0.97)
    yield from (paper("efficientnet_v2_s", side) for side in (384, 300, 224))
    yield paper("efficientnet_v2_s", 224, depth=2.0)
    yield paper("efficientnet_v2_s", 224, width=1.5)


def lites() -> Iterator[Question]:
    """Yield EfficientNet-Lite0 to Lite4, and Lite0 with one multiplier at a time."""
    gains = (1.0, 1.0, 1.0, 0.9, 0.85)
    for row, ((_, _, side), gain) in enumerate(zip(LITE_TABLE, gains, strict=True)):
        yield Question(f"efficientnet_lite{row}", 64, outputs=True, gain=gain)
        yield Question(f"efficientnet_lite{row}", side)
    yield Question("efficientnet_lite0", 224, width=1.4)
    yield Question("efficientnet_lite0", 224, depth=1.8)


def mobilenets_v3() -> Iterator[Question]:
    """Yield MobileNetV3-Large and -Small."""
    large = ("mobilenet_v3_large", (0.75, 1.4, 2.0), 0.95, 0.85)
    small = ("mobilenet_v3_small", (0.75, 2.0), 1.08, 0.95)
    for family, widths, gain, gain_when_deep in (large, small):
        ask = partial(Question, family, norm_eps=1e-3)
        yield from (ask(side, outputs=True, gain=gain) for side in (224, 96))
        yield ask(96, depth=2.0, width=0.75, outputs=True, gain=gain_when_deep)
        yield from (ask(side) for side in (225, 299))
        yield ask(224, depth=2.0)
        yield from (ask(224, width=width) for width in widths)


def regnets() -> Iterator[Question]:
    """Yield RegNetY-800MF."""
    yield from (Question("regnet_y_800mf", side, outputs=True) for side in (224, 64))
    yield from (Question("regnet_y_800mf", side) for side in (225, 299))
    yield Question("regnet_y_800mf", 224, depth=2.0)
    yield Question("regnet_y_800mf", 224, width=2.0)


def cifar() -> Iterator[Question]:
    """Yield the forms for images of 32 px, with ten classes."""
    ask = partial(Question, classes=10)
    for layers in (18, 20, 32, 44, 56, 110):
        yield ask(f"resnet{layers}_cifar", 32, outputs=True, gain=0.93 if layers == 110 else 1.0)
    yield ask("resnet20_cifar", 40, depth=2.0, outputs=True)
    yield ask("mobilenet_v2_cifar", 32, outputs=True)
    yield ask("mobilenet_v2_cifar", 40, depth=1.4, width=1.4, outputs=True)
    yield ask("efficientnet_b0_cifar", 32, norm_eps=1e-3, outputs=True, gain=1.15)
    yield ask("efficientnet_b0_cifar", 48, depth=1.1, norm_eps=1e-3, outputs=True, gain=1.1)
