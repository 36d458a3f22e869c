"""How points are run: no part of a point's key, and what matters of it is told in the result. No torch."""

from collections.abc import Iterator
from dataclasses import dataclass

from scaling_lab.errors import UserErrors
from scaling_lab.validation import is_number

MOST_MINUTES = 10_000
SHORTEST_LEASE, LONGEST_LEASE = 1, 86_400


@dataclass(frozen=True)
class ExecutionOptions:
    """device: "cpu", or a GPU such as "cuda:0". deterministic: the same bits each time on a GPU too, more slowly; a CPU
    gives them always. compiled: steps go through torch.compile. checkpoint_minutes: between two checkpoints of a
    training; 0 is one after every step. lease_seconds: whoever trains a point and is silent for longer may be replaced.
    code: the only version of the code that may train, and whose checkpoints are taken up; None is any.

    Raises UserErrors for values outside their range.
    """

    device: str = "cpu"
    deterministic: bool = False
    compiled: bool = False
    checkpoint_minutes: float = 1.0
    lease_seconds: float = 60.0
    code: str | None = None

    def __post_init__(self) -> None:
        if wrong := list(self._wrong()):
            raise UserErrors(wrong)

    def _wrong(self) -> Iterator[str]:
        for name in ("deterministic", "compiled"):
            if not isinstance(getattr(self, name), bool):
                yield f"{name} is {getattr(self, name)!r}; it must be true or false"
        ranges = {"checkpoint_minutes": (0, MOST_MINUTES), "lease_seconds": (SHORTEST_LEASE, LONGEST_LEASE)}
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not is_number(value) or not low <= value <= high:
                yield f"{name} is {value!r}; it must be a number from {low} to {high}"
