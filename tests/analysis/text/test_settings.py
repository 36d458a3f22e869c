"""A setting is named by what tells it apart in its study."""

from dataclasses import replace

import pytest

from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.text.settings import drop_common_settings, list_differing_parts, list_setting_names
from scaling_lab.formatting import TIMES

SETTING = Setting("resnet", "cifar", "short", "fitted", 1.0)


def test_settings_that_differ_in_the_family_alone_have_its_name() -> None:
    settings = [SETTING, replace(SETTING, family="mobilenet"), SETTING]
    assert list(list_setting_names(settings).values()) == ["resnet", "mobilenet"]
    assert list(list_differing_parts(settings).values()) == [[], []]


@pytest.mark.parametrize(
    ("other", "names"),
    [
        ({"dataset": "fashion"}, ["resnet, cifar", "resnet, fashion"]),
        ({"recipe": "long"}, ["resnet, short", "resnet, long"]),
        ({"lr_times": 0.5}, [f"resnet, learning rate {TIMES} 1", f"resnet, learning rate {TIMES} 0.5"]),
        ({"rounding": "paper", "recipe": "long"}, ["resnet, short, fitted", "resnet, long, paper"]),
    ],
)
def test_what_differs_is_named(other: dict[str, object], names: list[str]) -> None:
    settings = [SETTING, replace(SETTING, **other)]  # type: ignore[arg-type]
    assert list(list_setting_names(settings).values()) == names


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["a(x=1, y=2)", "a(x=3, y=2)"], ["a(x=1)", "a(x=3)"]),
        (["a(x=1)", "a"], ["a(x=1)", "a"]),
        (["a(x=1, y=2)", "b(x=1, y=2)"], ["a(x=1, y=2)", "b(x=1, y=2)"]),
        (["a(x=1)"], ["a(x=1)"]),
        (["a(x=[1, 2], y=3)", "a(x=[1, 4], y=3)"], ["a(x=[1, 2])", "a(x=[1, 4])"]),
        (["image_folder(cifar10)", "image_folder(flowers)"], ["image_folder(cifar10)", "image_folder(flowers)"]),
        (["a(x=1, y=2)", "a(y=2)", "a(x=1)"], ["a(x=1, y=2)", "a(y=2)", "a(x=1)"]),
    ],
)
def test_settings_in_which_names_differ_are_left(names: list[str], short: list[str]) -> None:
    assert drop_common_settings(names) == dict(zip(names, short, strict=True))
