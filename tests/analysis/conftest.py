"""Networks made of bits, and synthetic studies for curves and for the triangle of shares."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.obtained_scaling import OBTAINED_COLUMNS, OBTAINED_SHARES
from scaling_lab.analysis.synthetic import make_study_table

SHARES = [
    (1, 0, 0),
    (0, 1, 0),
    (0, 0, 1),
    (0.5, 0.5, 0),
    (0.5, 0, 0.5),
    (0, 0.5, 0.5),
    (1 / 3, 1 / 3, 1 / 3),
    (0.1, 0.8, 0.1),
    (0.26, 0.28, 0.46),
    (0.6, 0.2, 0.2),
]


def cell(right: object, name: str = "a", seeds: Sequence[int] | None = None) -> Cell:
    """A network whose seeds (rows) have these bits (columns)."""
    bits = np.asarray(right, dtype=bool)
    seeds = tuple(range(len(bits))) if seeds is None else tuple(seeds)
    return Cell(
        keys=tuple(f"{name}-{seed}" for seed in seeds),
        seeds=seeds,
        test_images=bits.shape[1],
        packed=np.packbits(bits, axis=1),
        held_out_accuracy=bits.mean(axis=1),
        costs={"flops": 1e6},
        obtained=dict.fromkeys(OBTAINED_COLUMNS, 1.0),
        point_seconds=12.0,
    )


@pytest.fixture(scope="session")
def make_cell() -> Callable[..., Cell]:
    """Builds a network of bits: one row a seed."""
    return cell


def error(law, times):
    a, b, c = law
    return a + b * times**-c


@pytest.fixture(scope="session")
def synthetic_curves():
    """A table of rules whose errors are a + b times^-c exactly."""

    def made(laws, times=(1, 2, 4, 8, 16), seeds=5, pictures=2000, rng=0, **more):
        truth = {(rule, float(t)): 1 - error(law, t) for rule, law in laws.items() for t in times}
        return make_study_table(truth, seeds, pictures, np.random.default_rng(rng), **more)

    return made


@pytest.fixture(scope="session")
def set_shares():
    """Sets the requested multipliers and the obtained shares of a rule above 1x in a table."""

    def changed(table, rule, requested, obtained):
        rows = (table["rule"] == rule) & (table["times_flops"] != 1)
        times = table.loc[rows, "times_flops"].astype(float)
        table = table.copy()
        for name, power in zip("dwr", np.array(requested) * [1, 0.5, 0.5], strict=True):
            table.loc[rows, name] = times**power
        table.loc[rows, list(OBTAINED_SHARES)] = tuple(map(float, obtained))
        return table

    return changed


@pytest.fixture(scope="session")
def synthetic_shares():
    """A table of networks at 4x with given shares, whose accuracy is `top` at the best and falls with the square."""

    def made(best, shares=SHARES, seeds=5, pictures=2000, rng=0, drop=0.1, top=0.91, names=None, **more):
        names = names or [f"mix{place}" for place in range(len(shares))]
        truth = {("start", 1.0): 0.86}
        truth |= {(name, 4.0): height(best, own, drop, top) for name, own in zip(names, shares, strict=True)}
        table = make_study_table(truth, seeds, pictures, np.random.default_rng(rng), **more)
        for name, own in zip(names, shares, strict=True):
            table.loc[table["rule"] == name, ["depth_share", "width_share", "resolution_share"]] = tuple(
                map(float, own)
            )
        return table

    return made


def height(best, shares, drop, top=0.91):
    d, r = shares[0] - best[0], shares[2] - best[2]
    return top - drop * (d * d + r * r + d * r)


@pytest.fixture(scope="session")
def true_height():
    """Return the true accuracy at some shares."""
    return height


@pytest.fixture(scope="session")
def ten_shares():
    """Ten (depth, width, resolution) shares all over the triangle."""
    return SHARES
