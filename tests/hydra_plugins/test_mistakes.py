from collections.abc import Callable

import pytest

from hydra_plugins.scaling_lab_plugins.axes import Composed
from hydra_plugins.scaling_lab_plugins.mistakes import told
from scaling_lab.errors import UserError

Compose = Callable[..., list[Composed]]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("family=efficientnet_b9", "unknown family 'efficientnet_b9'; did you mean efficientnet_b7?"),
        ("family=resnet18_small,efficientnet_b9", "unknown family 'efficientnet_b9'; did you mean efficientnet_b7?"),
        ("rule=dpth", "unknown rule 'dpth'; did you mean depth?"),
        ("dataset=fashion", "unknown dataset 'fashion'; did you mean fashion_mnist?"),
        ("recipe=shrt", "unknown recipe 'shrt'; did you mean short?"),
        ("study=quik", "unknown study 'quik'; did you mean quick?"),
        ("tims_flops=2", "unknown setting 'tims_flops'; did you mean times_flops?"),
        ("recipe.epoch=1", "unknown setting of recipe 'epoch'; did you mean epochs?"),
        ("recipe.epoch=1,2", "unknown setting of recipe 'epoch'; did you mean epochs?"),
        ("rule.d=1", "unknown setting of rule 'd'"),
        ("family=[resnet18_small,resnet50_small]", "family takes one name, or several with commas and no brackets"),
        ("rule", "'rule' cannot be read as an override: missing EQUAL"),
        ("study=null", "Config group override must be a string or a list"),
        ("seed=${sed}", "Interpolation key 'sed' not found"),
    ],
)
def test_hydras_errors_become_a_line_with_the_near_name(line: str, said: str, compose: Compose) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011
        compose(line)
    mistake = told(raised.value)
    assert said in str(mistake)
    assert "\n" not in str(mistake)


def test_a_users_mistake_stays_as_it_is() -> None:
    mistake = UserError("so")
    assert told(mistake) is mistake


def test_a_mistake_of_the_code_is_raised_again() -> None:
    with pytest.raises(ValueError, match="own"):
        told(ValueError("own"))
