"""`lab.cost` and `lab.fit`: known numbers, and clear errors."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import scaling_lab as lab
from scaling_lab.networks.costs.memory import training_step_bytes

B3 = {"flops": 1_827_141_392, "params": 12_233_232, "depths": (2, 3, 3, 5, 5, 6, 2), "resolution": 300}


def test_explicit_multipliers_give_b3() -> None:
    b3 = lab.cost("efficientnet_b0", depth=1.4, width=1.2, resolution=300)
    assert {name: getattr(b3, name) for name in B3} == B3
    assert b3.rounding == "paper"
    assert b3.to_dict()["flops"] == B3["flops"]
    assert b3.by_stage()["flops"].sum() == B3["flops"]
    assert b3.by_stage()["params"].sum() == B3["params"]
    assert b3.training_bytes(32) == training_step_bytes(b3.network, 32)


@pytest.mark.parametrize(
    ("resolution", "side"), [(None, 224), (224, 224), (300.0, 300), (1.5, 336), (0.5, 112), (7.5, 1680)]
)
def test_resolution_is_a_side_from_8_on_and_a_multiplier_below(resolution: float | None, side: int) -> None:
    assert lab.cost("resnet50", resolution=resolution).resolution == side


def test_a_network_in_place_of_a_name() -> None:
    wide = lab.cost("resnet18", width=2)
    assert lab.cost(wide.network).flops == wide.flops


@pytest.mark.parametrize(
    ("budget", "times_flops"),
    [
        ({"times_flops": 2}, 2),
        ({"flops": 771_629_504}, 2),
        ({"flops_of": "efficientnet_b2"}, 993_604_832 / 385_814_752),
    ],
)
def test_budgets_in_other_units(budget: dict[str, Any], times_flops: float) -> None:
    fitted = lab.fit("efficientnet_b0", "compound", **budget)
    assert fitted.times_flops_requested == pytest.approx(times_flops, abs=0.001)
    assert fitted.times_flops == pytest.approx(times_flops, rel=0.02)


def test_published_rounding_misses_the_budget() -> None:
    fitted = lab.fit("efficientnet_b0", "compound", times_flops=2, rounding="paper")
    assert fitted.times_flops == pytest.approx(2.62, abs=0.01)
    assert fitted.requested is not None
    assert fitted.requested.d * fitted.requested.w**2 * fitted.requested.r**2 == pytest.approx(2)


def test_text_in_a_terminal_and_a_notebook() -> None:
    fitted = lab.fit("resnet18", "compound", times_flops=2)
    assert repr(fitted).startswith("<resnet18 compound 2x at ")
    assert f"{fitted.flops:,}" in str(fitted)
    assert "multiply-adds" in str(fitted)
    assert str(fitted.by_stage().loc["stage1", "flops"]) in fitted._repr_html_()


@pytest.mark.parametrize(
    ("function", "arguments", "pattern"),
    [
        ("cost", {"family": "resnt18"}, "did you mean resnet18?"),
        ("cost", {"family": "resnet18", "resolution": 300.5}, "resolution is 300.5"),
        ("cost", {"family": "resnet18", "resolution": 0}, "resolution is 0.*224000 px"),
        ("cost", {"family": "resnet18", "resolution": "300"}, "resolution is '300'"),
        ("cost", {"family": "resnet18", "depth": -1}, "depth .*-1.*1000"),
        ("fit", {"family": "resnet18", "rule": "compund", "times_flops": 2}, "did you mean compound?"),
        ("fit", {"family": "resnet18", "rule": "compound"}, "times_flops, flops, flops_of"),
        ("fit", {"family": "resnet18", "rule": "compound", "times_flops": 2, "flops": 1e9}, "times_flops and flops"),
        ("fit", {"family": "resnet18", "rule": "compound", "times_flops": "2"}, "times_flops is '2'"),
        ("fit", {"family": "resnet18", "rule": "compound", "times_flops": 5000}, "5000.*0.01.*1000"),
        ("fit", {"family": "resnet18", "rule": "compound", "flops": 0}, "flops is 0.*above 0"),
        ("fit", {"family": "resnet18", "rule": "depth", "times_flops": 2, "rounding": "papr"}, "did you mean paper?"),
        ("fit", {"family": "resnet18", "rule": "multipliers", "times_flops": 2}, "rule multipliers"),
    ],
)
def test_mistakes(function: str, arguments: dict[str, object], pattern: str) -> None:
    with pytest.raises(lab.UserError, match=pattern):
        getattr(lab, function)(**arguments)


def test_a_baseline_at_another_side_with_other_channels() -> None:
    native = lab.cost("resnet18")
    for family in ("resnet18", native.network):
        spent = lab.cost(family, side=64, channels=1)
        assert spent.network == replace(native.network, side=64, channels=1)
    assert lab.cost("resnet18", side=64, resolution=1.5).resolution == 96
    assert lab.fit("resnet18", "resolution", times_flops=4, side=64).resolution == 128
    assert lab.fit("resnet18", "width", flops_of="resnet34", channels=1).times_flops == pytest.approx(2.066, abs=0.01)


@pytest.mark.parametrize(
    "arguments",
    [
        {"side": 16},
        {"side": "64"},
        {"side": 64.5},
        {"channels": 0},
        {"channels": 2.5},
        {"channels": True},
        {"channels": 10**9},
    ],
)
def test_sides_and_channels_out_of_range(arguments: dict[str, Any]) -> None:
    (name,) = arguments
    for family in ("resnet18", lab.cost("resnet18").network):
        with pytest.raises(lab.UserError, match=f"{name} is {next(iter(arguments.values()))!s:.5}|side is"):
            lab.cost(family, **arguments)
        with pytest.raises(lab.UserError, match=name):
            lab.fit(family, "depth", times_flops=2, **arguments)


@pytest.mark.parametrize("settings", [5, {"alph": 1.1}, {1: 1}, {"alpha": "x"}, {"alpha": None}])
def test_wrong_constants(settings: Any) -> None:
    with pytest.raises(lab.UserError, match=r"settings|alph|'1'"):
        lab.fit("resnet18", "compound", times_flops=2, settings=settings)


@pytest.mark.parametrize("batch", [0, -1, 1.5, "64", None, True, 10**9])
def test_a_batch_that_is_no_count(batch: Any) -> None:
    with pytest.raises(lab.UserError, match=r"batch is .*1 to 1,000,000"):
        lab.cost("resnet18").training_bytes(batch)


@pytest.mark.parametrize("family", [None, 5, [], b"resnet18"])
def test_a_family_of_another_type_is_a_user_error(family: Any) -> None:
    with pytest.raises(lab.UserError, match="family"):
        lab.cost(family)
    with pytest.raises(lab.UserError, match="family"):
        lab.fit(family, "compound", times_flops=2)


def test_numbers_of_numpy_are_numbers() -> None:
    given = lab.cost("resnet18", depth=np.int64(2), width=np.float32(1.5), resolution=np.int64(256))
    assert given.flops == lab.cost("resnet18", depth=2, width=1.5, resolution=256).flops
    assert (
        lab.fit("resnet18", "compound", times_flops=np.int64(2)).flops
        == lab.fit("resnet18", "compound", times_flops=2).flops
    )


@pytest.mark.parametrize("setting", ["depth", "width", "resolution"])
def test_an_integer_above_all_floats_is_a_user_error(setting: str) -> None:
    sizes: dict[str, Any] = {setting: 10**400}
    with pytest.raises(lab.UserError, match=setting):
        lab.cost("resnet18", **sizes)
