"""How the seeds of one network differ in accuracy and in their answers, for trainings of one more seed."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import t

from scaling_lab.analysis.stats.noise import PRIOR_FREEDOM
from scaling_lab.store.bits import unpack_bytes

NETWORK = ["flops", "params", "activations", "depths", "widths", "side", "family", "dataset", "recipe", "lr_times"]
"""Columns that are equal for the seeds of one network."""


@dataclass(frozen=True)
class SeedSpread:
    """How the seeds of a network differ.

    Attributes:
        seeds: Number of seeds.
        mean: Mean test accuracy.
        deviation: Standard deviation of one seed's test accuracy.
        freedom: Degrees of freedom of the deviation.
        changed: Mean number of test images whose answer changes from one seed to another.
    """

    seeds: int
    mean: float
    deviation: float
    freedom: float
    changed: float

    def interval(self, level: float) -> tuple[float, float]:
        """Return the prediction interval for the accuracy of one more seed."""
        half = float(t.ppf((1 + level) / 2, self.freedom)) * self.deviation * float(np.sqrt(1 + 1 / self.seeds))
        return self.mean - half, self.mean + half


def count_changed(first: str, second: str, images: int) -> int:
    """Return how many of `images` packed bits differ."""
    bits = [int.from_bytes(unpack_bytes(packed, images), "big") for packed in (first, second)]
    return (bits[0] ^ bits[1]).bit_count()


def estimate_seed_spread(table: pd.DataFrame) -> dict[str, SeedSpread]:
    """Return how the seeds of each finished network differ, by key of the point; empty without two seeds of one.

    The variance of a network's few seeds is averaged with that of all networks of its dataset, recipe and learning
    rate, which counts as four degrees of freedom.
    """
    finished = table[table["state"] == "done"].drop_duplicates("key")
    noises: dict[str, SeedSpread] = {}
    for _, setting in finished.groupby(["dataset", "recipe", "lr_times"], sort=False):
        networks = [rows for _, rows in setting.groupby(NETWORK, sort=False)]
        several = [rows for rows in networks if len(rows) > 1]
        if not several:
            continue
        freedom = sum(len(rows) - 1 for rows in several)
        pooled = sum((len(rows) - 1) * float(rows["test_accuracy"].var()) for rows in several) / freedom
        changed = float(np.mean([_mean_changed(rows) for rows in several]))
        for rows in networks:
            noise = _network_noise(rows, pooled, min(PRIOR_FREEDOM, freedom), changed)
            noises |= dict.fromkeys(rows["key"], noise)
    return noises


def _network_noise(rows: pd.DataFrame, pooled: float, prior: int, changed: float) -> SeedSpread:
    own = len(rows) - 1
    squares = own * float(rows["test_accuracy"].var()) if own else 0.0
    variance = (squares + prior * pooled) / (own + prior)
    one_image = 1 / float(rows["test_pictures"].iloc[0])  # seeds that agree by accident still differ by an image
    return SeedSpread(
        seeds=len(rows),
        mean=float(rows["test_accuracy"].mean()),
        deviation=max(one_image, float(np.sqrt(variance))),
        freedom=own + prior,
        changed=_mean_changed(rows) if own else changed,
    )


def _mean_changed(rows: pd.DataFrame) -> float:
    images = int(rows["test_pictures"].iloc[0])
    return float(np.mean([count_changed(a, b, images) for a, b in combinations(rows["test_correct"], 2)]))
