"""Code of factories, as a user would write it."""

from collections.abc import Callable, Mapping
from pathlib import Path

from scaling_lab.networks.module_network import ModuleNetwork

Family = Callable[..., ModuleNetwork]
"""From the code of a file, and settings of the family, to its network."""

VGG = """
from torch import nn


def make_vgg(depth, width, resolution=16, classes=10, channels=1):
    layers, inputs = [], channels
    for blocks, outputs in ((1, 8), (2, 16)):
        outputs = round(outputs * width)
        for _ in range(max(1, round(blocks * depth))):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
            inputs = outputs
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes))
"""

TIMM = """
from torch import nn


def list_models():
    return ["staged_atto", "plain"]


class Staged(nn.Module):
    # The attributes and arguments of timm's ConvNeXt, and a 1x1 convolution for each block.

    def __init__(self, num_classes, in_chans, depths, dims):
        super().__init__()
        self.stages, inputs = nn.Sequential(), in_chans
        for blocks, outputs in zip(depths, dims, strict=True):
            stage = nn.Sequential()
            stage.blocks = nn.Sequential(
                *(nn.Conv2d(inputs if i == 0 else outputs, outputs, 1, bias=False) for i in range(blocks))
            )
            self.stages.append(stage)
            inputs = outputs
        self.feature_info = [{"num_chs": channels} for channels in dims]
        self.head = nn.Linear(inputs, num_classes, bias=False)

    def forward(self, x):
        for stage in self.stages:
            x = stage.blocks(x)
        return self.head(x.mean((2, 3)))


def create_model(model, num_classes=1000, in_chans=3, **settings):
    settings.pop("drop_rate", None), settings.pop("drop_path_rate", None)
    if model == "plain":
        if settings:
            raise TypeError("unexpected keyword argument 'depths'")
        return nn.Sequential(nn.Conv2d(in_chans, num_classes, 1))
    return Staged(num_classes, in_chans, **{"depths": (1, 3), "dims": (8, 16)} | settings)
"""


def write_package(folder: Path, name: str, version: str, files: Mapping[str, str], entry_points: str = "") -> None:
    """Write a package and what an installer writes beside it, so that it is installed where the folder is on the path.

    Args:
        files: Content of each module.
        entry_points: Content of entry_points.txt.
    """
    installed = folder / f"{name}-{version}.dist-info"
    for path in (folder / name, installed):
        path.mkdir(parents=True)
    for file, content in files.items():
        (folder / name / file).write_text(content)
    (installed / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (installed / "entry_points.txt").write_text(entry_points)
