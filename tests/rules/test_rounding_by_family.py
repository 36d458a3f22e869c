"""published/rounding.csv against what scaling really does to each family."""

from collections.abc import Iterator
from fnmatch import fnmatch

import pytest

from scaling_lab import published
from scaling_lab.choices import call, names, read
from scaling_lab.networks.layers import Chain, Conv, Gate, Layer, Residual
from scaling_lab.networks.spec import Network
from scaling_lab.rules.multipliers import Multipliers
from scaling_lab.rules.rounding import PAPER
from scaling_lab.rules.scale import scale

ROWS = published.read("rounding").fillna("").to_dict("records")
FAMILIES = sorted(set(names("family")) - {f"{name}_small" for name in names("family")})


def row(family: str) -> dict[str, object]:
    (found,) = [row for row in ROWS if fnmatch(family, str(row["families"]))]
    return found


def scaled(family: str, d: float, w: float) -> tuple[Network, Network]:
    baseline = call("family", read("family", family))
    return baseline, scale(baseline, Multipliers(d, w), PAPER)


def moves(old: int | None, narrow: int | None, wide: int | None) -> str:
    if old is None or narrow is None or wide is None:
        return "none"
    return {(True, True): "scales", (False, True): "grows", (False, False): "fixed"}[narrow < old, wide > old]


def gates(layers: tuple[Layer, ...], inputs: int) -> Iterator[tuple[int, int, int]]:
    """Of each gate: channels that enter its block, that it gates, that it squeezes to."""
    for layer in layers:
        match layer:
            case Chain():
                yield from gates(layer.layers, first(layer.layers) if "block" in layer.name else inputs)
            case Residual():
                yield from gates(layer.body, inputs)
            case Gate():
                (squeeze, _) = [part for part in layer.body if isinstance(part, Conv)]
                yield inputs, squeeze.inputs, squeeze.outputs
            case _:
                pass


def first(layers: tuple[Layer, ...]) -> int:
    layer = layers[0]
    if isinstance(layer, Residual):
        return first(layer.body)
    assert isinstance(layer, Conv)
    return layer.inputs


@pytest.mark.parametrize("family", FAMILIES)
def test_stem_and_head_do_what_the_table_says(family: str) -> None:
    (baseline, narrow), (_, wide) = scaled(family, 1, 0.5), scaled(family, 1, 2)
    told = row(family)
    assert moves(baseline.stem.width, narrow.stem.width, wide.stem.width) == told["stem"]
    assert moves(baseline.head.width, narrow.head.width, wide.head.width) == told["head"]
    if baseline.head.hidden:
        assert moves(baseline.head.hidden, narrow.head.hidden, wide.head.hidden) == told["head"]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_ends_deepen_or_do_not_as_the_table_says(family: str) -> None:
    baseline, deep = scaled(family, 2, 1)
    grown = ["deepens" if new > old else "fixed" for old, new in zip(baseline.depths, deep.depths, strict=True)]
    assert (grown[0], grown[-1]) == (row(family)["first_stage"], row(family)["last_stage"])
    assert set(grown[1:-1]) == {"deepens"}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("w", [0.6, 1.15, 1.73])
def test_widths_are_multiples_of_what_the_table_says(family: str, w: float) -> None:
    _, network = scaled(family, 1, w)
    multiple = int(str(row(family)["width_multiple"]))
    assert all(width % multiple == 0 for width in network.widths)
    inner = [stage.inner for stage in network.stages if stage.inner is not None]
    assert all(width % 8 == 0 for width in [network.stem.width, *inner])


@pytest.mark.parametrize("family", FAMILIES)
def test_gates_squeeze_what_the_table_says(family: str) -> None:
    rule = {
        "none": lambda _inputs, _wide: None,
        "block input / 4": lambda inputs, _wide: (int(inputs / 4), round(inputs / 4)),
        "expanded / 4, to a multiple of 8": lambda _inputs, wide: (int(wide / 4 + 4) // 8 * 8,) * 2,
    }[str(row(family)["squeeze"])]
    _, network = scaled(family, 1.3, 1.4)
    found = list(gates(network.layers(), network.channels))
    assert bool(found) == (row(family)["squeeze"] != "none")
    for inputs, wide, narrow in found:
        assert narrow in rule(inputs, wide)


def test_every_row_is_about_a_family() -> None:
    assert {row(family)["families"] for family in FAMILIES} == {row["families"] for row in ROWS}
