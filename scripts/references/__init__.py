"""References from torchvision and timm: networks, and a training of fifty steps."""

import sys

import torch

try:  # a torchvision built for CUDA does not import with a CPU torch unless its operators are declared
    import torchvision
except RuntimeError:
    for name in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[name]
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision  # noqa: F401
