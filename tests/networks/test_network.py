"""Validation and derived properties of a network."""

from dataclasses import replace

import pytest

from scaling_lab.networks.block_layers import BlockContext
from scaling_lab.networks.blocks import Bottleneck
from scaling_lab.networks.families.efficientnet import efficientnet_b0
from scaling_lab.networks.families.regnet import RegNetYBlock
from scaling_lab.networks.families.resnet import resnet18, resnet50
from scaling_lab.networks.layers import Conv, Residual
from scaling_lab.networks.network import Network
from scaling_lab.networks.parts import Head, Stage, Stem


def test_b0_has_the_depths_widths_and_stride_of_table_1() -> None:
    b0 = efficientnet_b0()
    assert b0.depths == (1, 2, 2, 3, 3, 4, 1)
    assert b0.widths == (16, 24, 40, 80, 112, 192, 320)
    assert b0.total_stride == 32


def test_the_stem_pool_counts_in_the_total_stride() -> None:
    assert resnet18().total_stride == 32


def test_only_the_first_block_of_a_stage_has_a_stride_and_other_input_channels() -> None:
    places = {name: at for name, _, at in resnet50().placed_blocks()}
    assert (places["stage2.block1"].inputs, places["stage2.block1"].stride) == (256, 2)
    assert (places["stage2.block2"].inputs, places["stage2.block2"].stride) == (512, 1)


def test_stochastic_depth_grows_linearly_from_zero_over_all_blocks() -> None:
    rates = [at.drop_path for _, _, at in efficientnet_b0().placed_blocks()]
    assert rates == pytest.approx([0.2 * i / 16 for i in range(16)])


@pytest.mark.parametrize(
    ("strides_first", "expected"),
    [(False, [(1, 1), (3, 2), (1, 1)]), (True, [(1, 2), (3, 1), (1, 1)])],
)
def test_v1_5_has_its_stride_in_the_3x3_and_the_original_in_the_first_1x1(
    strides_first: bool, expected: list[tuple[int, int]]
) -> None:
    place = BlockContext(256, 512, 2, eps=1e-5, momentum=0.1, inner=128)
    (residual, _) = Bottleneck(strides_first=strides_first).layers(place)
    assert isinstance(residual, Residual)
    assert [(conv.kernel, conv.stride) for conv in residual.body if isinstance(conv, Conv)] == expected


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"side": 31}, "side is 31 px; .* at least 32 px"),
        ({"side": 240.5}, "side is 240.5; .* integer"),
        ({"classes": 0}, "classes is 0"),
        ({"channels": -1}, "channels is -1"),
        ({"drop_path": 1.0}, "drop_path is 1.0"),
        ({"stages": ()}, r"depths are \[\]"),
    ],
)
def test_wrong_values_are_errors_that_name_them(change: dict[str, object], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        replace(resnet18(), **change)  # type: ignore[arg-type]


def test_a_width_below_one_is_an_error_that_names_the_stage() -> None:
    stages = resnet18().stages
    with pytest.raises(ValueError, match="width of stage 2 is 0"):
        replace(resnet18(), stages=(stages[0], replace(stages[1], width=0), *stages[2:]))


def test_a_width_not_divisible_into_groups_is_an_error() -> None:
    first, second = Stage(32, 2, (RegNetYBlock(),), group=16), Stage(20, 2, (RegNetYBlock(),), group=16)
    with pytest.raises(ValueError, match=r"width of stage 2 is 20; .* 16 channels"):
        Network(Stem(8), (first, second), Head(), side=32)
    assert Network(Stem(8), (first, replace(second, width=48)), Head(), side=32).widths == (32, 48)


def test_groups_that_do_not_divide_the_channels_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"groups is 3; .* 4 and 8"):
        Conv("x", 4, 8, groups=3)
    with pytest.raises(ValueError, match=r"kernel is 2; .* odd"):
        Conv("x", 4, 8, kernel=2)
