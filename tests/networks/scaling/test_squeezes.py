"""Channels of squeeze-and-excitation by the formula of each family's original code, at widths not divisible by 4.

With `paper` every width is a multiple of 8, so rounding down, up and to the nearest are the same; with `fitted` widths
are single channels. `int` and `round` are those of the originals; `round` rounds halves to even.
"""

from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from typing import NamedTuple

import pytest

from scaling_lab.config.registry import build_value, read_yaml
from scaling_lab.networks.layers import Chain, Conv, Gate, Layer, Residual
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import FITTED, PAPER
from scaling_lab.networks.scaling.scale import scale
from scaling_lab.paper import tables
from tests.networks.forms import PUBLISHED


class Squeeze(NamedTuple):
    """Return the input channels of a gate's block, the channels that it gates, and those that it squeezes to."""

    entering: int
    gated: int
    squeezed: int


def make_divisible(channels: float) -> int:
    """torchvision's _make_divisible(channels, 8)."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


Formula = Callable[[int, int], int]
ORIGINALS: dict[str, tuple[str, Formula]] = {
    # tensorflow/tpu, models/official/efficientnet/efficientnet_model.py, MBConvBlock._build
    "efficientnet_b*": ("block input / 4", lambda entering, _: max(1, int(entering * 0.25))),
    # google/automl, efficientnetv2/effnetv2_model.py, MBConvBlock._build
    "efficientnet_v2_s": ("block input / 4", lambda entering, _: max(1, int(entering * 0.25))),
    # pytorch/vision, torchvision/models/mobilenetv3.py, SqueezeExcitation
    "mobilenet_v3_*": ("expanded / 4, to a multiple of 8", lambda _, gated: make_divisible(gated // 4)),
    # pytorch/vision, torchvision/models/regnet.py, BottleneckTransform; facebookresearch/pycls is the same
    "regnet_y_800mf": ("block input / 4", lambda entering, _: round(0.25 * entering)),
}
ROUNDED = ("efficientnet_b*", "efficientnet_v2_s", "regnet_y_800mf")
WIDTHS = (0.87, 1.03, 1.09, 1.19, 1.31)


def families(pattern: str) -> list[str]:
    return [name for name in PUBLISHED if fnmatch(name.removesuffix("_cifar"), pattern)]


def squeezes(network: Network) -> list[Squeeze]:
    return list(_squeezes(network.layers(), network.channels))


def _squeezes(layers: tuple[Layer, ...], entering: int) -> Iterator[Squeeze]:
    for layer in layers:
        match layer:
            case Chain():
                yield from _squeezes(layer.layers, _inputs(layer.layers) if "block" in layer.name else entering)
            case Residual():
                yield from _squeezes(layer.body, entering)
            case Gate():
                (squeeze, _) = [part for part in layer.body if isinstance(part, Conv)]
                yield Squeeze(entering, squeeze.inputs, squeeze.outputs)
            case _:
                pass


def _inputs(layers: tuple[Layer, ...]) -> int:
    layer = layers[0]
    if isinstance(layer, Residual):
        return _inputs(layer.body)
    assert isinstance(layer, Conv)
    return layer.inputs


CASES = [(family, pattern) for pattern in ORIGINALS for family in families(pattern)]


@pytest.mark.parametrize(("family", "pattern"), CASES)
def test_squeezes_equal_the_original(family: str, pattern: str) -> None:
    baseline, (_, formula) = build_value("family", read_yaml("family", family)), ORIGINALS[pattern]
    networks = [scale(baseline, Multipliers(1.3, w), rounding) for w in WIDTHS for rounding in (PAPER, FITTED)]
    for network in [baseline, *networks]:
        gates = squeezes(network)
        assert gates
        assert [squeeze.squeezed for squeeze in gates] == [
            formula(squeeze.entering, squeeze.gated) for squeeze in gates
        ]


@pytest.mark.parametrize("pattern", ROUNDED)
def test_some_widths_distinguish_rounding_down_from_nearest(pattern: str) -> None:
    baseline = build_value("family", read_yaml("family", families(pattern)[0]))
    widths = {squeeze.entering for w in WIDTHS for squeeze in squeezes(scale(baseline, Multipliers(w=w), FITTED))}
    assert {2, 3} & {entering % 4 for entering in widths if round(entering / 4) != entering // 4}


def test_squeezes_equal_the_table() -> None:
    rows = {row["families"]: row["squeeze"] for row in tables.read_printed_table("rounding").to_dict("records")}
    for pattern, expected in rows.items():
        assert expected == (ORIGINALS[pattern][0] if pattern in ORIGINALS else "none")
        for family in families(str(pattern)):
            assert bool(squeezes(build_value("family", read_yaml("family", family)))) == (pattern in ORIGINALS)
