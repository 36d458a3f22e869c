"""Rounding as a named value, because it decides the network: compound scaling of B0 to 2x gives 2.62x with `paper`."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor


@dataclass(frozen=True)
class Rounding:
    """How multiplied depths, widths and sides become integers.

    Attributes:
        depths: Function of the blocks of each stage and d.
        width: Function of a channel count and w.
        side: Function of the side in pixels, r and the total stride.
    """

    name: str
    depths: Callable[[tuple[int, ...], float], tuple[int, ...]]
    width: Callable[[int, float], int]
    side: Callable[[int, float, int], int]


def _round_up_depths(depths: tuple[int, ...], d: float) -> tuple[int, ...]:
    """Round each stage up. The 1e-9 keeps a floating-point error from turning 9 into 10."""
    return tuple(max(1, ceil(d * depth - 1e-9)) for depth in depths)


def round_to_multiple_of_8(channels: int, w: float) -> int:
    """Return the nearest multiple of 8, or the next one where that loses more than 10 %.

    This is `round_filters` of EfficientNet's released code.
    """
    if w == 1:
        return channels
    exact = channels * w
    rounded = max(8, int(exact + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * exact else rounded


def _nearest_pixel(side: int, r: float, _stride: int) -> int:
    return floor(side * r + 0.5)


def distribute_blocks(depths: tuple[int, ...], total: int) -> tuple[int, ...]:
    """Distribute blocks over stages in proportion to `depths` by largest remainder, at least one per stage.

    Raises:
        ValueError: There are fewer blocks than stages.
    """
    if total < len(depths):
        raise ValueError(f"{total} blocks for {len(depths)} stages; must be at least {len(depths)}")
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
    """Round to a multiple of the total stride: other sides add a row and a column to every map. 1x is kept."""
    return side if r == 1 else max(1, floor(side * r / stride + 0.5)) * stride


def _round_depths(depths: tuple[int, ...], d: float) -> tuple[int, ...]:
    """Round with Python's round, half to even, as pycls does; at least one block per stage."""
    return tuple(max(1, round(d * depth)) for depth in depths)


def _nearest_8(channels: int, w: float) -> int:
    return channels if w == 1 else max(1, round(channels * w / 8)) * 8


def _nearest_4_pixels(side: int, r: float, _stride: int) -> int:
    return side if r == 1 else max(1, round(side * r / 4)) * 4


PAPER = Rounding("paper", _round_up_depths, round_to_multiple_of_8, _nearest_pixel)
NEAREST = Rounding("nearest", _round_depths, _nearest_8, _nearest_4_pixels)
"""Rounding of pycls (`scaler.py`), the code of Dollar et al. 2021: depths to the nearest; no 90 % rule."""
FITTED = Rounding("fitted", _largest_remainder, _single_channel, _on_grid)
ROUNDINGS = {rounding.name: rounding for rounding in (PAPER, NEAREST, FITTED)}
