import pytest
import yaml

from scaling_lab.errors import UserError
from scaling_lab.study.grids import common_axes, make_grids


def test_a_further_grid_replaces_axes_of_the_first() -> None:
    params = {"rule": "depth,width", "seed": 0}
    assert make_grids(params, [{"rule": "resolution", "times_flops": 1.5}]) == [
        {"rule": "depth,width", "seed": "0"},
        {"rule": "resolution", "seed": "0", "times_flops": "1.5"},
    ]
    assert make_grids(None, None) == [{}]


def test_axes_that_every_grid_has_are_common() -> None:
    grids = make_grids({"rule": "depth", "seed": "0,1"}, [{"rule": "width", "times_flops": "2"}])
    assert common_axes(grids) == {"seed": "0,1"}
    assert common_axes(grids[:1]) == grids[0]


@pytest.mark.parametrize(
    ("also", "fragment"),
    [
        ("5", "also is 5"),
        ("{rule: depth}", "also is {'rule'"),
        ("[rule]", "also[0] is 'rule'"),
        ("[{seed: [1]}]", "seed"),
    ],
)
def test_grids_must_be_mappings_of_texts(also: str, fragment: str) -> None:
    with pytest.raises(UserError) as refused:
        make_grids({"rule": "depth"}, yaml.safe_load(also))
    assert fragment in str(refused.value)
