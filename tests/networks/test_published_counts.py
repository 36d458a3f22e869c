"""Networks for CIFAR against counts that others published."""

from typing import NamedTuple

import pytest

from scaling_lab.config.registry import build_value, read_yaml
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.families.resnet import resnet_cifar


class Published(NamedTuple):
    """Parameters; multiply-adds and activations where they are published."""

    params: int
    flops: int | None = None
    activations: int | None = None


CLASSIFIER_BIASES = 10  # which pycls counts as FLOPs
PUBLISHED = {
    # osmr/imgclsmob, README: ResNet-20 on CIFAR-10
    "resnet20_cifar": Published(272_474),
    # facebookresearch/pycls, dev/model_complexity.json: archive/cifar/resnet/R-56 and R-110
    "resnet56_cifar": Published(855_770, 125_747_850 - CLASSIFIER_BIASES, 544_778),
    "resnet110_cifar": Published(1_730_714, 253_149_834 - CLASSIFIER_BIASES, 1_060_874),
    # kuangliu/pytorch-cifar, models/resnet.py
    "resnet18_cifar": Published(11_173_962),
    # kuangliu/pytorch-cifar, models/mobilenetv2.py: 2,296,922, of which 60,240 are in an expansion of the first block
    # and in projections of shortcuts, which the paper does not have
    "mobilenet_v2_cifar": Published(2_296_922 - 60_240),
    # pytorch/vision, efficientnet_b0: 5,288,548 with 1000 classes, of which 990 are 1,280 weights and a bias each
    "efficientnet_b0_cifar": Published(5_288_548 - 990 * 1_281),
}
PAPER = {20: 0.27, 32: 0.46, 44: 0.66, 56: 0.85, 110: 1.7}
"""Layers and millions of parameters with padding shortcuts: arXiv 1512.03385, Table 6."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_counts_equal_the_published_ones(name: str) -> None:
    published, counted = PUBLISHED[name], network_cost(build_value("family", read_yaml("family", name)))
    assert counted.params == published.params
    assert published.flops in (None, counted.flops)
    assert published.activations in (None, counted.activations)


@pytest.mark.parametrize("layers", PAPER)
def test_projections_are_all_that_the_paper_does_not_have(layers: int) -> None:
    projections = (16 * 32 + 2 * 32) + (32 * 64 + 2 * 64)
    params = network_cost(resnet_cifar(layers)).params - projections
    assert params / 1e6 == pytest.approx(PAPER[layers], abs=0.005 if layers < 110 else 0.05)
    assert network_cost(resnet_cifar(20)).params - projections == 269_722
    assert sum(resnet_cifar(layers).depths) * 2 + 2 == layers


@pytest.mark.parametrize("layers", [2, 18, 21, 20.0, "20", True])
def test_other_numbers_of_layers_are_refused(layers: int) -> None:
    with pytest.raises(ValueError, match=r"layers is .*6n"):
        resnet_cifar(layers)
