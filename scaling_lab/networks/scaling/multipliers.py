"""Depth, width and resolution multipliers."""

from dataclasses import dataclass
from math import log

from scaling_lab.validation import is_number

MAX_MULTIPLIER = 1000.0

ShareValues = tuple[float, float, float]
"""Shares of depth, width and resolution, which add up to 1."""


@dataclass(frozen=True)
class Multipliers:
    """Depth, width and resolution multipliers (the paper's d, w, r). As a rule, they apply at any budget.

    Attributes:
        d: Factor on the blocks.
        w: Factor on the channels.
        r: Factor on the input side.

    Raises:
        ValueError: One is not above 0 and at most 1000.
    """

    d: float = 1.0
    w: float = 1.0
    r: float = 1.0

    def __post_init__(self) -> None:
        for name, value in (("depth", self.d), ("width", self.w), ("resolution", self.r)):
            if not is_number(value) or not 0 < value <= MAX_MULTIPLIER:
                raise ValueError(f"{name} multiplier is {value!r}; must be above 0 and at most {MAX_MULTIPLIER:g}")

    @property
    def log_growth(self) -> float:
        """ln (d w^2 r^2), which shares are parts of."""
        return log(self.d) + 2 * log(self.w) + 2 * log(self.r)

    @property
    def shares(self) -> ShareValues | None:
        """ln d, 2 ln w and 2 ln r over their sum; None when that is 0, as for the baseline."""
        total = self.log_growth
        if abs(total) < 1e-12:
            return None
        return log(self.d) / total, 2 * log(self.w) / total, 2 * log(self.r) / total
