"""Networks at several learning rates with given accuracies on the held-out images."""

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.obtained_scaling import OBTAINED_COLUMNS
from scaling_lab.analysis.rates.grids import RateGrid
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.synthetic import make_study_table


@pytest.fixture
def make_grid():
    """Return a function from held-out accuracies of the seeds, by rate, to a network."""

    def make(held_out, name="width", times=2.0, **obtained):
        multipliers = dict.fromkeys(OBTAINED_COLUMNS, 1.0) | obtained
        cells = {
            rate: Cell(
                keys=tuple(f"{name}-{rate}-{seed}" for seed in range(len(values))),
                seeds=tuple(range(len(values))),
                test_images=8,
                packed=np.full((len(values), 1), place, np.uint8),
                held_out_accuracy=np.array(values, dtype=float),
                costs={},
                obtained=multipliers,
                point_seconds=1.0,
            )
            for place, (rate, values) in enumerate(held_out.items())
        }
        return RateGrid(Setting("net", "images", "short", "fitted", 1.0), (name,), times, cells)

    return make


@pytest.fixture
def make_rate_table():
    """Return a function from accuracies by rate and by rule and budget to the table of a study."""

    def make(accuracies, seeds=3, images=2000):
        rng, tables = np.random.default_rng(4), []
        for rate, truth in accuracies.items():
            table = make_study_table(truth, seeds, images, rng)
            tables.append(table.assign(lr_times=rate, key=table["key"] + f"-{rate:g}"))
        return pd.concat(tables, ignore_index=True)

    return make
