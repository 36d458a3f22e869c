"""The engine that hands points to Slurm, several a job, and returns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Slurm:
    """How jobs are asked for."""
