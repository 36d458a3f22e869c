"""Networks made of bits, for tests of the statistics."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from scaling_lab.analysis.evidence import GOT, Cell


def cell(right: object, name: str = "a", seeds: Sequence[int] | None = None) -> Cell:
    """A network whose seeds (rows) have these bits (columns)."""
    bits = np.asarray(right, dtype=bool)
    seeds = tuple(range(len(bits))) if seeds is None else tuple(seeds)
    return Cell(
        keys=tuple(f"{name}-{seed}" for seed in seeds),
        seeds=seeds,
        pictures=bits.shape[1],
        packed=np.packbits(bits, axis=1),
        held_out=bits.mean(axis=1),
        costs={"flops": 1e6},
        got=dict.fromkeys(GOT, 1.0),
        seconds=12.0,
    )


@pytest.fixture(scope="session")
def make_cell() -> Callable[..., Cell]:
    """Builds a network of bits: one row a seed."""
    return cell
