"""The engine that trains on this machine, while the sweep waits."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Local:
    """Has no settings: `device`, `workers` and `workers_per_device` are the sweep's."""
