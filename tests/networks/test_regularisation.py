"""Batch norm, dropout and stochastic depth of every published family against its original code.

Counts and outputs in evaluation mode do not depend on momentum and rates, and tests/networks/test_references.py uses
the eps of each reference. Rates are probabilities of zeroing; momentum is torch's, 1 minus TensorFlow's.
"""

from typing import NamedTuple

import pytest
import torch
from torch import nn

from scaling_lab.training.module import build_module
from tests.networks.forms import PUBLISHED, family


class Settings(NamedTuple):
    """Settings of every batch norm, of dropout before the classifier, and of stochastic depth in the last block."""

    eps: float
    momentum: float
    dropout: float = 0.0
    drop_path: float = 0.0


TORCH = Settings(nn.BatchNorm2d(1).eps, nn.BatchNorm2d(1).momentum or 0.0)
ORIGINALS = {
    # pytorch/vision, torchvision/models/resnet.py: norm_layer = nn.BatchNorm2d
    **dict.fromkeys(("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"), TORCH),
    # facebookresearch/pycls, pycls/models/resnet.py and core/config.py: BN.EPS, BN.MOM; kuangliu/pytorch-cifar
    **dict.fromkeys([f"resnet{layers}_cifar" for layers in (18, 20, 32, 44, 56, 110)], TORCH),
    # pytorch/vision, torchvision/models/regnet.py, _regnet; facebookresearch/pycls, core/config.py: BN.EPS, BN.MOM
    "regnet_y_800mf": Settings(1e-5, 0.1),
    # timm, mobilenetv1_100; the released code (tensorflow/models, slim) has eps 1e-3, decay 0.9997 and dropout 0.001
    "mobilenet_v1": TORCH,
    # pytorch/vision, torchvision/models/mobilenetv2.py; the released code has decay 0.997
    "mobilenet_v2": TORCH._replace(dropout=0.2),
    "mobilenet_v2_cifar": TORCH._replace(dropout=0.2),
    # pytorch/vision, torchvision/models/mobilenetv3.py
    **dict.fromkeys(("mobilenet_v3_large", "mobilenet_v3_small"), Settings(1e-3, 0.01, dropout=0.2)),
    # google/automl, efficientnetv2/hparams.py and effnetv2_configs.py; torchvision/models/efficientnet.py is the same
    "efficientnet_v2_s": Settings(1e-3, 0.1, dropout=0.2, drop_path=0.2),
    # tensorflow/tpu, models/official/efficientnet/efficientnet_builder.py
    **{
        f"efficientnet_b{n}": Settings(1e-3, 0.01, rate, 0.2)
        for n, rate in enumerate((0.2, 0.2, 0.3, 0.3, 0.4, 0.4, 0.5, 0.5))
    },
    # As B0, with torch's momentum: a training on CIFAR has fewer steps
    "efficientnet_b0_cifar": Settings(1e-3, 0.1, 0.2, 0.2),
    # tensorflow/tpu, models/official/efficientnet/lite/efficientnet_lite_builder.py
    **{f"efficientnet_lite{n}": Settings(1e-3, 0.01, rate, 0.2) for n, rate in enumerate((0.2, 0.2, 0.3, 0.3, 0.3))},
}


def test_every_published_family_has_an_original() -> None:
    assert set(ORIGINALS) == set(PUBLISHED)


@pytest.mark.parametrize("name", ORIGINALS)
def test_norms_and_dropout_equal_the_original(name: str) -> None:
    with torch.device("meta"):
        module = build_module(family(name))
    norms = [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]
    rates = [part.p for part in module.modules() if isinstance(part, nn.Dropout)]
    original = ORIGINALS[name]
    assert {(norm.eps, norm.momentum) for norm in norms} == {(original.eps, original.momentum)}
    assert rates == ([original.dropout] if original.dropout else [])


@pytest.mark.parametrize("name", ORIGINALS)
def test_stochastic_depth_equals_the_original(name: str) -> None:
    network = family(name)
    blocks = sum(network.depths)
    rates = [at.drop_path for _, _, at in network.placed_blocks()]
    assert rates == pytest.approx([ORIGINALS[name].drop_path * i / blocks for i in range(blocks)])
