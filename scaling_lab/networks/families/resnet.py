"""ResNet (He et al. 2015, arXiv 1512.03385, Table 1), with the stride in the 3x3 of a bottleneck (v1.5).

The 4.1 B multiply-adds that the EfficientNet paper prints for ResNet-50 are those of v1.5. The original has 3.86 B.
"""

from dataclasses import replace

from scaling_lab.networks.blocks import BasicBlock, Bottleneck
from scaling_lab.networks.network import Network
from scaling_lab.networks.parts import Head, Stage, Stem

RESNET_STRIDES = (1, 2, 2, 2)
RESNET_SMALL_STRIDES = (1, 2, 1, 1)


def resnet18() -> Network:
    """Return ResNet-18: 11,689,512 parameters and 1,814,073,344 FLOPs (multiply-adds) at 224 px."""
    stages = [
        Stage(w, stride, (BasicBlock(),) * 2) for w, stride in zip((64, 128, 256, 512), RESNET_STRIDES, strict=True)
    ]
    return _imagenet(tuple(stages))


def resnet34() -> Network:
    """Return ResNet-34: 21,797,672 parameters and 3,663,761,408 FLOPs (multiply-adds) at 224 px."""
    rows = zip((64, 128, 256, 512), (3, 4, 6, 3), RESNET_STRIDES, strict=True)
    return _imagenet(tuple(Stage(width, stride, (BasicBlock(),) * depth) for width, depth, stride in rows))


def resnet50() -> Network:
    """Return ResNet-50: 25,557,032 parameters and 4,089,184,256 FLOPs (multiply-adds) at 224 px."""
    return _imagenet(_bottlenecks((64, 128, 256, 512), (3, 4, 6, 3), RESNET_STRIDES))


def resnet101() -> Network:
    """Return ResNet-101: 44,549,160 parameters and 7,801,405,440 FLOPs (multiply-adds) at 224 px."""
    return _imagenet(_bottlenecks((64, 128, 256, 512), (3, 4, 23, 3), RESNET_STRIDES))


def resnet152() -> Network:
    """Return ResNet-152: 60,192,808 parameters and 11,513,626,624 FLOPs (multiply-adds) at 224 px."""
    return _imagenet(_bottlenecks((64, 128, 256, 512), (3, 8, 36, 3), RESNET_STRIDES))


def resnet18_small() -> Network:
    """Return a form of ResNet-18 for small images: total stride 4, 3x3 stem without pooling, 16 to 32 channels."""
    stages = [
        Stage(w, stride, (BasicBlock(),) * 2) for w, stride in zip((16, 24, 32, 32), RESNET_SMALL_STRIDES, strict=True)
    ]
    return _small(tuple(stages))


def resnet50_small() -> Network:
    """Return a form of ResNet-50 for small images: total stride 4, 3x3 stem without pooling, 32 to 96 channels."""
    return _small(_bottlenecks((8, 12, 16, 24), (3, 4, 6, 3), RESNET_SMALL_STRIDES))


def resnet_cifar(layers: int) -> Network:
    """Return a ResNet for images of 32 px: 3x3 stem, three stages of 16, 32 and 64 channels (section 4.2).

    Shortcuts that change the shape are 1x1 projections, as pycls has them (ResNet-20: 272,474 parameters); the paper
    pads with zeros instead (269,722).

    Args:
        layers: 20, 32, 44, 56 or 110 in the paper; any 6n + 2.

    Raises:
        ValueError: layers is not 6n + 2.
    """
    if not isinstance(layers, int) or layers < 8 or (layers - 2) % 6:
        raise ValueError(f"layers is {layers!r}; must be 6n + 2, such as 20, 32, 44, 56 or 110")
    rows = zip((16, 32, 64), (1, 2, 2), strict=True)
    stages = tuple(Stage(width, stride, (BasicBlock(),) * ((layers - 2) // 6)) for width, stride in rows)
    return Network(Stem(16, stride=1), stages, Head(), side=32, classes=10)


def resnet18_cifar() -> Network:
    """Return ResNet-18 with a 3x3 stem of stride 1 and no max pooling: 11,173,962 parameters at 32 px."""
    return replace(resnet18(), stem=Stem(64, stride=1), side=32, classes=10)


def resnet_tiny() -> Network:
    """Return a ResNet for studies of minutes: 6,944 parameters and 323,814 FLOPs (multiply-adds) at 14 px.

    Stem of stride 2, then four basic blocks of 6 to 12 channels without a stride. The sides of 14 px under the
    resolution rule are 20 px at 2x and 28 px at 4x. At 2x and 4x, compound scaling with the paper's constants obtains
    its shares within 0.1.
    """
    rows = zip((6, 10, 12), (1, 2, 1), strict=True)
    stages = tuple(Stage(width, 1, (BasicBlock(),) * depth) for width, depth in rows)
    return Network(Stem(6), stages, Head(), side=14, classes=10)


def resnet18_half() -> Network:
    """Return half the width of `resnet18_small`: 26,074 parameters and 527,776 FLOPs (multiply-adds) at 16 px.

    The sides under the resolution rule are exact at 1.5625, 2.25, 3.0625 and 4 times the FLOPs: 20, 24, 28 and 32 px.
    """
    rows = zip((8, 12, 16, 16), RESNET_SMALL_STRIDES, strict=True)
    stages = tuple(Stage(width, stride, (BasicBlock(),) * 2) for width, stride in rows)
    return Network(Stem(8), stages, Head(), side=16, classes=10)


def _bottlenecks(inner: tuple[int, ...], depths: tuple[int, ...], strides: tuple[int, ...]) -> tuple[Stage, ...]:
    rows = zip(inner, depths, strides, strict=True)
    return tuple(Stage(4 * width, stride, (Bottleneck(),) * depth, inner=width) for width, depth, stride in rows)


def _imagenet(stages: tuple[Stage, ...]) -> Network:
    return Network(Stem(64, kernel=7, pool=True), stages, Head(), side=224)


def _small(stages: tuple[Stage, ...]) -> Network:
    return Network(Stem(16), stages, Head(), side=20, classes=10)
