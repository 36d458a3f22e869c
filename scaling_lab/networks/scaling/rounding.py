"""Rounding as a named value, because it decides the result: B0 asked for 2x by compound gets 2.62x under `paper`."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor


@dataclass(frozen=True)
class Rounding:
    """How multiplied depths, widths and sides become whole numbers.

    `depths(blocks of each stage, d)`, `width(channels, w)`, `side(pixels, r, total stride)`.
    """

    name: str
    depths: Callable[[tuple[int, ...], float], tuple[int, ...]]
    width: Callable[[int, float], int]
    side: Callable[[int, float, int], int]


def _ceil_each(depths: tuple[int, ...], d: float) -> tuple[int, ...]:
    """Each stage up; the 1e-9 keeps floating point from turning 9 into 10."""
    return tuple(max(1, ceil(d * depth - 1e-9)) for depth in depths)


def round_to_multiple_of_8(channels: int, w: float) -> int:
    """Nearest multiple of 8, one more where that loses over 10 % (`round_filters` of EfficientNet's released code)."""
    if w == 1:
        return channels
    wanted = channels * w
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


def _nearest_pixel(side: int, r: float, _stride: int) -> int:
    return floor(side * r + 0.5)


def distribute_blocks(depths: tuple[int, ...], total: int) -> tuple[int, ...]:
    """`total` blocks over the stages in proportion to `depths`, by largest remainder; every stage keeps one.

    Raises ValueError when there are fewer blocks than stages.
    """
    if total < len(depths):
        raise ValueError(f"{total} blocks cannot fill {len(depths)} stages; at least {len(depths)} are needed")
    quotas = [depth * total / sum(depths) for depth in depths]
    shares = [max(1, floor(quota + 1e-9)) for quota in quotas]
    by_remainder = sorted(range(len(depths)), key=lambda i: (shares[i] - quotas[i], i))
    for i in by_remainder[: max(0, total - sum(shares))]:
        shares[i] += 1
    while sum(shares) > total:
        shares[max((i for i in range(len(shares)) if shares[i] > 1), key=lambda i: shares[i] - quotas[i])] -= 1
    return tuple(shares)


def _largest_remainder(depths: tuple[int, ...], d: float) -> tuple[int, ...]:
    return distribute_blocks(depths, max(len(depths), floor(d * sum(depths) + 0.5)))


def _single_channel(channels: int, w: float) -> int:
    return max(1, floor(channels * w + 0.5))


def _on_grid(side: int, r: float, stride: int) -> int:
    """Nearest multiple of the total stride: off the grid every map gains a row and a column. 1x is left as it is."""
    return side if r == 1 else max(1, floor(side * r / stride + 0.5)) * stride


def _nearest_each(depths: tuple[int, ...], d: float) -> tuple[int, ...]:
    """Python's round, half to even, as in pycls; every stage keeps one."""
    return tuple(max(1, round(d * depth)) for depth in depths)


def _nearest_8(channels: int, w: float) -> int:
    return channels if w == 1 else max(1, round(channels * w / 8)) * 8


def _nearest_4_pixels(side: int, r: float, _stride: int) -> int:
    return side if r == 1 else max(1, round(side * r / 4)) * 4


PAPER = Rounding("paper", _ceil_each, round_to_multiple_of_8, _nearest_pixel)
NEAREST = Rounding("nearest", _nearest_each, _nearest_8, _nearest_4_pixels)
"""That of pycls (`scaler.py`), where Dollar et al. 2021 was made: no 90 % rule, depths not up but to the nearest."""
FITTED = Rounding("fitted", _largest_remainder, _single_channel, _on_grid)
ROUNDINGS = {rounding.name: rounding for rounding in (PAPER, NEAREST, FITTED)}
