from collections.abc import Callable

import pytest

from hydra_plugins.scaling_lab_plugins.combinations import ComposedConfig
from hydra_plugins.scaling_lab_plugins.hydra_errors import to_user_error
from scaling_lab.errors import UserError, error_messages

Compose = Callable[..., list[ComposedConfig]]


@pytest.mark.parametrize(
    ("line", "fragment"),
    [
        ("family=efficientnet_b9", "unknown family 'efficientnet_b9'; did you mean efficientnet_b7?"),
        ("family=nets/mine.py:make_vgg", "family=module family.path=nets/mine.py family.factory=make_vgg"),
        ("family='nets/mine.py'", "family=module family.path=nets/mine.py, and"),
        ("family=resnet18_small,efficientnet_b9", "unknown family 'efficientnet_b9'; did you mean efficientnet_b7?"),
        ("rule=dpth", "unknown rule 'dpth'; did you mean depth?"),
        ("dataset=fashion", "unknown dataset 'fashion'; did you mean fashion_mnist?"),
        ("recipe=shrt", "unknown recipe 'shrt'; did you mean short?"),
        ("study=quik", "unknown study 'quik'; did you mean quick?"),
        ("tims_flops=2", "unknown setting 'tims_flops'; did you mean times_flops?"),
        ("recipe.epoch=1", "unknown setting of recipe short 'epoch'; did you mean epochs?"),
        ("recipe.epoch=1,2", "unknown setting of recipe short 'epoch'; did you mean epochs?"),
        ("family.sid=32", "unknown setting of family mobilenet_v1_small 'sid'; did you mean side?"),
        ("rule.d=1", "unknown setting of rule compound 'd'"),
        ("recipe.ema=0.9", "add it with ++recipe.ema=..."),
        ("family=[resnet18_small,resnet50_small]", "family takes one name, or several with commas and no brackets"),
        ("family=my_vgg.py", "family=module family.path=my_vgg.py"),
        ("family=my_vgg.py:net", "cost and lab.cost take my_vgg.py:net"),
        ("rule", "'rule' is not a valid override: missing EQUAL"),
        ("study=null", "Config group override must be a string or a list"),
        ("seed=${sed}", "Interpolation key 'sed' not found"),
    ],
)
def test_errors_of_hydra_become_one_line_with_the_near_name(line: str, fragment: str, compose: Compose) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011
        compose(line)
    message = str(to_user_error(raised.value))
    assert fragment in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("lines", "starts"),
    [
        ("engine=slurm engine.minuts=5", ["unknown setting of engine slurm 'minuts'; did you mean minutes?"]),
        ("rule=multipliers rule.w=0.5 family=resn", ["unknown family 'resn'; did you mean resnet50?"]),
        ("rule=multiplier rule.w=0.5", ["unknown rule 'multiplier'; did you mean multipliers?"]),
        (
            "rule=multipliers rule.w=0.5 rule.z=2 engine=slrm engine.minuts=5 sed=1",
            [
                "unknown engine 'slrm'",
                "unknown setting 'sed'; did you mean seed?",
                "unknown setting of rule multipliers 'z'",
            ],
        ),
    ],
)
def test_settings_are_checked_against_the_chosen_names(lines: str, starts: list[str], compose: Compose) -> None:
    """Settings of a group whose name is unknown are not reported."""
    with pytest.raises(UserError) as raised:
        compose(*lines.split())
    messages = error_messages(raised.value)
    assert len(messages) == len(starts)
    assert all(map(str.startswith, messages, starts)), messages


def test_a_user_error_is_returned_unchanged() -> None:
    error = UserError("message")
    assert to_user_error(error) is error


def test_an_error_of_the_code_is_raised_again() -> None:
    with pytest.raises(ValueError, match="own"):
        to_user_error(ValueError("own"))
