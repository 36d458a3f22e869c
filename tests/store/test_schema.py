"""Canonical form, golden keys that must never change, and packed bits."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_lab.config.hyperparameters import resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.networks.blocks import BasicBlock, MBConv
from scaling_lab.networks.families.efficientnet import efficientnet_b0
from scaling_lab.networks.families.mobilenet_v1 import mobilenet_v1
from scaling_lab.networks.families.resnet import resnet50
from scaling_lab.networks.network import Network
from scaling_lab.networks.parts import Head, Stage, Stem
from scaling_lab.networks.tags import TAGS, tagged
from scaling_lab.store.bits import pack_bits, unpack_bits
from scaling_lab.store.keys import canonical_form, result_key
from scaling_lab.store.schema import DataRef, Point

TINY = Network(Stem(8, stride=1), (Stage(8, 2, (BasicBlock(), MBConv(6, gate=0.25))),), Head(), side=20, classes=10)


def point(network: Network = TINY, seed: int = 0, **recipe: float) -> Point:
    return Point(
        network, DataRef("some", "0123456789abcdef"), resolve_hyperparameters(Recipe(**recipe), network, 9000), seed
    )  # type: ignore[arg-type]


def test_defaults_are_left_out_and_tags_are_included() -> None:
    assert canonical_form(TINY) == {
        "is": "Network",
        "stem": {"is": "Stem", "width": 8, "stride": 1},
        "stages": [
            {
                "is": "Stage",
                "width": 8,
                "stride": 2,
                "blocks": [{"is": "Basic"}, {"is": "MBConv", "expansion": 6, "gate": 0.25}],
            }
        ],
        "head": {"is": "Head"},
        "side": 20,
        "classes": 10,
    }


def test_a_new_field_with_a_default_changes_no_key() -> None:
    def version(with_field: bool) -> str:
        if with_field:

            @tagged("test_records.Thing")
            @dataclass(frozen=True)
            class Thing:
                a: int
                b: float = 0.5
        else:

            @tagged("test_records.Thing")
            @dataclass(frozen=True)
            class Thing:  # type: ignore[no-redef]
                a: int

        key = result_key(Thing(3))
        del TAGS["test_records.Thing"]
        return key

    assert version(True) == version(False)


def test_floats_without_a_fraction_and_integers_have_the_same_key() -> None:
    assert result_key((1.0, 2)) == result_key((1, 2.0))
    assert result_key((1.5,)) != result_key((1,))


@pytest.mark.parametrize(
    ("network", "golden"),
    [
        (TINY, "f65cd48cd17c61b7"),
        (mobilenet_v1(), "f8ad0adbee348a07"),
        (resnet50(), "fd691082b5465067"),
        (efficientnet_b0(), "68bbd3342ea4891b"),
    ],
    ids=["tiny", "mobilenet_v1", "resnet50", "efficientnet_b0"],
)
def test_golden_keys(network: Network, golden: str) -> None:
    """A changed key orphans every committed result of that network: change the code, not these."""
    assert point(network).key == golden


def test_each_part_of_a_point_changes_the_key() -> None:
    keys = {point().key, point(seed=1).key, point(lr=0.2).key, point(efficientnet_b0()).key}
    keys.add(Point(TINY, DataRef("some", "f" * 16), point().recipe, 0).key)
    assert len(keys) == 5


def test_non_finite_numbers_and_other_types_have_no_canonical_form() -> None:
    with pytest.raises(ValueError, match="nan has no canonical form"):
        canonical_form(float("nan"))
    with pytest.raises(TypeError, match="set has no canonical form"):
        canonical_form({1})


@given(st.lists(st.booleans()))
def test_bits_are_unpacked_equal(bits: list[bool]) -> None:
    assert unpack_bits(pack_bits(bits), len(bits)) == bits


def test_first_bit_is_the_highest() -> None:
    assert pack_bits([True] + [False] * 7) == "gA=="


def test_a_wrong_number_of_bits_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"1 bytes.* 9 bits"):
        unpack_bits("gA==", 9)
