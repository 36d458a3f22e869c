"""Models of timm as families: against timm's own numbers where it is installed, else against a stand-in for it."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from own_nets import TIMM, write_package

from scaling_lab.config import registry
from scaling_lab.errors import UserError
from scaling_lab.modules import names
from scaling_lab.networks.costs.cost import network_cost


def family(name: str, **settings: Any) -> Any:
    return registry.build_value("family", registry.read_yaml("family", name) | settings, name)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    write_package(tmp_path, "timm", "0.0.test", {"__init__.py": TIMM})
    monkeypatch.delitem(sys.modules, "timm", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("timm", None)


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
