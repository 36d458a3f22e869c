"""How points are run: no part of a point's key, and what matters of it is told in the result. No torch."""

from dataclasses import dataclass

from scaling_lab.checks import is_number

MOST_MINUTES = 10_000
SHORTEST_LEASE, LONGEST_LEASE = 1, 86_400


@dataclass(frozen=True)
class Running:
    """device: "cpu", or a GPU such as "cuda:0". deterministic: the same bits each time on a GPU too, more slowly; a CPU
    gives them always. compiled: steps go through torch.compile. checkpoint_minutes: between two checkpoints of a
    training; 0 is one after every step. lease_seconds: whoever trains a point and is silent for longer may be replaced.

    Raises ValueError for a value outside its range.
    """

    device: str = "cpu"
    deterministic: bool = False
    compiled: bool = False
    checkpoint_minutes: float = 1.0
    lease_seconds: float = 60.0

    def __post_init__(self) -> None:
        for name in ("deterministic", "compiled"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be true or false")
        minutes = self.checkpoint_minutes
        if not is_number(minutes) or not 0 <= minutes <= MOST_MINUTES:
            raise ValueError(f"checkpoint_minutes is {minutes!r}; it must be a number from 0 to {MOST_MINUTES}")
        lease = self.lease_seconds
        if not is_number(lease) or not SHORTEST_LEASE <= lease <= LONGEST_LEASE:
            told = f"it must be a number from {SHORTEST_LEASE} to {LONGEST_LEASE}"
            raise ValueError(f"lease_seconds is {lease!r}; {told}")
