"""A setting is named by what tells it apart in its study."""

from dataclasses import replace

import pytest

from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.text.settings import name_family, name_setting

SETTING = Setting("resnet", "cifar", "short", "fitted", 1.0)


def test_settings_that_differ_in_the_family_alone_have_its_name() -> None:
    among = [SETTING, replace(SETTING, family="mobilenet")]
    assert [name_setting(setting, among) for setting in among] == ["", ""]
    assert [name_family(setting, among) for setting in among] == ["resnet", "mobilenet"]


@pytest.mark.parametrize(
    ("other", "names"),
    [
        ({"dataset": "fashion"}, ["resnet (cifar)", "resnet (fashion)"]),
        ({"recipe": "long"}, ["resnet (recipe short)", "resnet (recipe long)"]),
        ({"lr_times": 0.5}, ["resnet (learning rate times 1)", "resnet (learning rate times 0.5)"]),
        ({"rounding": "paper"}, ["resnet (rounding fitted)", "resnet (rounding paper)"]),
    ],
)
def test_what_differs_is_named(other: dict[str, object], names: list[str]) -> None:
    among = [SETTING, replace(SETTING, **other)]  # type: ignore[arg-type]
    assert [name_family(setting, among) for setting in among] == names
