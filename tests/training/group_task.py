"""A point of noise for several processes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.hyperparameters import Hyperparameters, resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.networks.families.mobilenet_v1 import mobilenet_v1_small
from scaling_lab.store.results import Store
from scaling_lab.store.schema import DataRef, Point
from scaling_lab.study.executors.rank_task import RankTask

NETWORK = replace(mobilenet_v1_small(), side=8, channels=1, classes=7)


RECIPE = Recipe(epochs=2, batch=8, lr=0.05, ema=0.9, mixup=0.4, cutmix=0.5, erase=0.3)


def recipe(**changes: Any) -> Hyperparameters:
    return resolve_hyperparameters(replace(RECIPE, **changes), NETWORK, 25)


def noise() -> InMemoryDataset:
    draw = np.random.default_rng(0)
    split = Split(draw.integers(0, 256, (25, 1, 8, 8), dtype=np.uint8), draw.integers(0, 7, 25))
    return InMemoryDataset("noise", 7, split, split, split)


def task(folder: Path, size: int, data: InMemoryDataset, nodes: int = 1) -> RankTask:
    Store(folder).open_for_writing()
    work = folder / "work"
    work.mkdir(exist_ok=True)
    point = Point(NETWORK, DataRef("noise", "0"), recipe(dropout=0.2), seed=1)
    execution = ExecutionOptions(checkpoint_minutes=0, processes=size, nodes=nodes)
    return RankTask(("cpu",) * (size // nodes), point, data, folder, execution, work, None)
