"""Each committed point judged as if it were a training of another machine: by the other seeds of its network."""

from pathlib import Path

import numpy as np
import pandas as pd

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.analysis.reproduction import LEVEL
from scaling_lab.analysis.seed_spread import NETWORK, SeedSpread, count_changed, estimate_seed_spread

TITLE = "Committed seeds, judged by the others"
PAGE = "reproduce.md"
STUDIES = 1
HEAD = ["results", "seeds", "points", "outside 95 %", "outside 99 %", "answers changed, largest", "noticed", "of five"]
RESULTS = Path(__file__).parents[2] / "results"
CASES = [(f"results/{name}",) for name in ("cifar-reference", "rules-reference", "quick-reference")]


def measure_row(_studies: int, _rng: np.random.Generator, label: str) -> list[str]:
    """Return how often a seed lies outside the interval of the others, and how small an error is noticed."""
    table = read_results_folder(RESULTS / Path(label).name, mixed_devices=True).table
    points = table[table["state"] == "done"].drop_duplicates("key")
    judgements = [_judge(points, key) for key in points["key"]]
    outside95, outside99, changed = np.array(judgements).T
    spreads = list(estimate_seed_spread(points).values())
    return [
        label,
        str(points["seed"].nunique()),
        str(len(points)),
        f"{outside95.sum():.0f}",
        f"{outside99.sum():.0f}",
        f"{changed.max():.2f} times",
        *(_noticed(spreads, count) for count in (1, 5)),
    ]


def _judge(points: pd.DataFrame, key: str) -> tuple[float, float, float]:
    """Return whether a point is outside the 95 and the 99 % interval, and its changed answers over those of seeds."""
    row = points[points["key"] == key].iloc[0]
    others = points[points["key"] != key]
    is_same = (others[NETWORK].astype(str) == row[NETWORK].astype(str)).all(axis=1)
    siblings = others[is_same]
    spread = estimate_seed_spread(others)[siblings["key"].iloc[0]]
    intervals = [spread.interval(level) for level in (0.95, LEVEL)]
    outside = [not low <= row["test_accuracy"] <= high for low, high in intervals]
    images = int(row["test_pictures"])
    changed = np.mean([count_changed(row["test_correct"], other, images) for other in siblings["test_correct"]])
    return float(outside[0]), float(outside[1]), float(changed) / spread.changed


def _noticed(spreads: list[SeedSpread], points: int) -> str:
    """Return the range of the smallest errors of the accuracy, in points, that a sample of this many points shows."""
    ends = [spread.interval(1 - (1 - LEVEL) / points) for spread in spreads]
    halves = [100 * (high - low) / 2 for low, high in ends]
    return f"{min(halves):.1f} to {max(halves):.1f}"
