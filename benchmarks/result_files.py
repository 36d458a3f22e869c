"""Make result files without training: copies of a committed result with other keys and random bits."""

import base64
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from scaling_lab.store.results import Store
from scaling_lab.store.schema import Plan

COMMITTED = Path(__file__).resolve().parents[1] / "results" / "quick-reference"
SEEDS = 10


def write(folder: Path, keys: Iterable[str], pictures: int) -> None:
    """Write one result per key into the folder of a study, with the given number of test images."""
    points = folder / "points"
    points.mkdir(parents=True, exist_ok=True)
    raw = json.loads(next(iter(sorted((COMMITTED / "points").glob("*.json")))).read_text())
    rng = np.random.default_rng(1905)
    for key in keys:
        right = rng.random(pictures) < 0.85
        bits = {"test_pictures": pictures, "test_correct": base64.b64encode(np.packbits(right)).decode()}
        whole = raw | bits | {"key": key, "test_accuracy": float(right.mean())}
        (points / f"{key}.json").write_text(json.dumps(whole, indent=1))


def plan(results: int) -> Plan:
    """Return a number of questions of one kind, each with another key."""
    entry = Store(COMMITTED).read_plan().entries[0]
    entries = []
    for number in range(results):
        question = replace(entry.question, seed=number % SEEDS, lr_times=1.0 + number // SEEDS)
        entries.append(replace(entry, key=f"{number:016x}", question=question))
    return Plan("benchmark", (), tuple(entries))
