"""ResNet (He et al. 2015, arXiv 1512.03385, Table 1), with the stride in the 3x3 of a bottleneck (v1.5).

The 4.1 B multiply-adds that the EfficientNet paper prints for ResNet-50 are those of v1.5. The original has 3.86 B.
"""

from scaling_lab.networks.blocks import BasicBlock, Bottleneck
from scaling_lab.networks.network import Head, Network, Stage, Stem

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


def _bottlenecks(inner: tuple[int, ...], depths: tuple[int, ...], strides: tuple[int, ...]) -> tuple[Stage, ...]:
    rows = zip(inner, depths, strides, strict=True)
    return tuple(Stage(4 * width, stride, (Bottleneck(),) * depth, inner=width) for width, depth, stride in rows)


def _imagenet(stages: tuple[Stage, ...]) -> Network:
    return Network(Stem(64, kernel=7, pool=True), stages, Head(), side=224)


def _small(stages: tuple[Stage, ...]) -> Network:
    return Network(Stem(16), stages, Head(), side=20, classes=10)
