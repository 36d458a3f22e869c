"""Models of timm as families: against timm's own numbers where it is installed, else against a stand-in for it."""

import sys
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from torch import Tensor, nn

from scaling_lab.config import registry
from scaling_lab.errors import UserError
from scaling_lab.modules import names, timm_models
from scaling_lab.networks.costs.cost import network_cost


def family(name: str, **settings: Any) -> Any:
    return registry.build_value("family", registry.read_yaml("family", name) | settings, name)


class Staged(nn.Module):
    """A network with the attributes and arguments of timm's ConvNeXt: a 1x1 convolution for each block."""

    def __init__(self, num_classes: int, in_chans: int, depths: tuple[int, ...], dims: tuple[int, ...]) -> None:
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

    def forward(self, x: Tensor) -> Tensor:
        for stage in self.stages:
            x = stage.blocks(x)
        out: Tensor = self.head(x.mean((2, 3)))
        return out


def create_model(model: str, num_classes: int = 1000, in_chans: int = 3, **settings: Any) -> nn.Module:
    settings.pop("drop_rate", None), settings.pop("drop_path_rate", None)
    if model == "plain":
        if settings:
            raise TypeError("unexpected keyword argument 'depths'")
        return nn.Sequential(nn.Conv2d(in_chans, num_classes, 1))
    return Staged(num_classes, in_chans, **{"depths": (1, 3), "dims": (8, 16)} | settings)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    timm = ModuleType("timm")
    timm.list_models = lambda: ["staged_atto", "plain"]  # type: ignore[attr-defined]
    timm.create_model = create_model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "timm", timm)
    for module in (names, timm_models):
        if hasattr(module, "timm_version"):
            monkeypatch.setattr(module, "timm_version", lambda: "0.0.test")
    monkeypatch.setattr("scaling_lab.modules.families.timm_version", lambda: "0.0.test")


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(("depth", "width"), [(1, 1), (2, 1.5)])
def test_depths_and_dims_are_scaled(depth: float, width: float) -> None:
    network = replace(family("timm:staged_atto", side=8), depth=depth, width=width, classes=10)
    first, second = round(8 * width), round(16 * width)
    blocks = round(depth), round(3 * depth)
    pixels = 3 * first + (blocks[0] - 1) * first**2 + first * second + (blocks[1] - 1) * second**2
    assert network_cost(network).flops == 64 * pixels + 10 * second
    assert network.side == 8


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("timm:staged_ato", r"unknown model of timm 'staged_ato'; did you mean staged_atto\?"),
        ("timm:plain", r"plain does not take depths and dims"),
        ("timm", r"family\.model is not set"),
    ],
)
def test_what_is_no_model_of_that_kind_is_refused(name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        family(name)


def test_timm_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> SimpleNamespace | None:
        return None if name == "timm" else SimpleNamespace()

    monkeypatch.setattr(names, "find_spec", nothing)
    with pytest.raises(UserError, match="need the package timm, which is not installed: pip install timm"):
        family("timm:convnext_atto")


def test_convnext_atto_has_the_numbers_of_timm() -> None:
    """results/benchmark-infer of timm: 3.70 M parameters and 0.55 G multiply-adds at 224 px."""
    pytest.importorskip("timm", reason="timm is not installed beside the CPU torch", exc_type=ImportError)
    network = family("timm:convnext_atto")
    assert (network.side, network.total_stride) == (224, 32)
    cost = network_cost(network)
    assert cost.flops == 547_332_480
    assert cost.params == 3_695_520
