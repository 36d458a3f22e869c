"""paper/tables/rounding.csv against the scaling of each family. Its squeezes: test_squeezes.py."""

from fnmatch import fnmatch
from math import gcd

import pytest

from scaling_lab.config.registry import build_value, read_yaml
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import PAPER
from scaling_lab.networks.scaling.scale import scale
from scaling_lab.paper import tables
from tests.networks.forms import PUBLISHED

ROWS = tables.read_published_table("rounding").fillna("").to_dict("records")


def row(family: str) -> dict[str, object]:
    (entry,) = [row for row in ROWS if fnmatch(family.removesuffix("_cifar"), str(row["families"]))]
    return entry


def scaled(family: str, d: float, w: float) -> tuple[Network, Network]:
    baseline = build_value("family", read_yaml("family", family))
    return baseline, scale(baseline, Multipliers(d, w), PAPER)


def moves(old: int | None, narrow: int | None, wide: int | None) -> str:
    if old is None or narrow is None or wide is None:
        return "none"
    return {(True, True): "scales", (False, True): "grows", (False, False): "fixed"}[narrow < old, wide > old]


@pytest.mark.parametrize("family", PUBLISHED)
def test_stem_and_head_scale_as_in_the_table(family: str) -> None:
    (baseline, narrow), (_, wide) = scaled(family, 1, 0.5), scaled(family, 1, 2)
    expected = row(family)
    assert moves(baseline.stem.width, narrow.stem.width, wide.stem.width) == expected["stem"]
    assert moves(baseline.head.width, narrow.head.width, wide.head.width) == expected["head"]
    if baseline.head.hidden:
        assert moves(baseline.head.hidden, narrow.head.hidden, wide.head.hidden) == expected["head"]


@pytest.mark.parametrize("family", PUBLISHED)
def test_first_and_last_stage_deepen_as_in_the_table(family: str) -> None:
    baseline, deep = scaled(family, 2, 1)
    grown = ["deepens" if new > old else "fixed" for old, new in zip(baseline.depths, deep.depths, strict=True)]
    assert (grown[0], grown[-1]) == (row(family)["first_stage"], row(family)["last_stage"])
    assert set(grown[1:-1]) == {"deepens"}


@pytest.mark.parametrize("family", PUBLISHED)
def test_widths_are_multiples_of_the_number_in_the_table(family: str) -> None:
    """Over many multipliers, the greatest common divisor of the widths is that number."""
    networks = [scaled(family, 1, w)[1] for w in (0.6, 0.85, 1.15, 1.37, 1.73, 2.3)]
    assert gcd(*(width for network in networks for width in network.widths)) == row(family)["width_multiple"]
    inner = [stage.inner for network in networks for stage in network.stages if stage.inner is not None]
    assert all(width % 8 == 0 for width in [*(network.stem.width for network in networks), *inner])


def test_every_row_names_a_family() -> None:
    assert {row(family)["families"] for family in PUBLISHED} == {row["families"] for row in ROWS}
