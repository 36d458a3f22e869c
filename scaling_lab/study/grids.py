"""The grids of a prepared study, as its yaml writes them: hydra.sweeper.params, and each mapping in hydra.sweeper.also.

A further grid replaces axes of params and has the others of params, so that what is common is written once:

    params: {family: resnet18_small, rule: "depth,width", times_flops: "1,2,4", seed: "0,1,2"}
    also:
      - {rule: resolution, times_flops: "1,1.5"}
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from scaling_lab.errors import UserError

AxisTexts = dict[str, str]
"""Values of each axis as a study writes them, such as "1,2" or "range(0,5)"."""
Values = TypeVar("Values")


def make_grids(params: Any, also: Any) -> list[AxisTexts]:
    """Return the axes of each grid; the study is their union.

    Args:
        params: axes of the first grid, or None.
        also: a list of further grids, or None.

    Raises:
        UserError: for anything but mappings from settings to texts such as "1,2".
    """
    first = _axes("params", params or {})
    if isinstance(also, str | Mapping) or not isinstance(also or [], Iterable):
        raise UserError(f"hydra.sweeper.also is {also!r}; must be a list of grids, each a mapping of axes")
    return [first, *(first | _axes(f"also[{number}]", grid) for number, grid in enumerate(also or []))]


def common_axes(grids: Sequence[Mapping[str, Values]]) -> dict[str, Values]:
    """Return the axes that have the same values in every grid: those that a command may name without changing one."""
    return {key: values for key, values in grids[0].items() if all(grid.get(key) == values for grid in grids)}


def _axes(name: str, grid: Any) -> AxisTexts:
    if not isinstance(grid, Mapping):
        raise UserError(f"hydra.sweeper.{name} is {grid!r}; must be a mapping of axes, such as times_flops: 1,2")
    if "trust" in grid:
        raise UserError(f"trust in hydra.sweeper.{name} is not allowed; give it with the command, not by a study")
    for key, values in grid.items():
        if not isinstance(values, str | int | float):
            raise UserError(f"{key} in hydra.sweeper.{name} is {values!r}; must be a text such as 1,2 or range(0,3)")
    return {str(key): str(values) for key, values in grid.items()}
