"""A small dataset in a cache, and its comparison with another."""

from pathlib import Path

import numpy as np
from made_up import noise

from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.data.files.cache import load_or_build_dataset
from scaling_lab.data.summary import PARTS, Origin, SkippedFiles

ORIGIN = Origin({"train": "here"}, (5, 9), (SkippedFiles("files", 2, "x"),))


def some_dataset() -> InMemoryDataset:
    splits = (Split(noise(count, 3, 5, 5, seed=count), np.arange(count) % 3) for count in (30, 6, 9))
    return InMemoryDataset("some", 3, *splits, skipped=4, class_names=("ant", "bee", "cat"), origin=ORIGIN)


def put_into_cache(cache: Path, number: int = 0) -> InMemoryDataset:
    return load_or_build_dataset(str(cache), "some", {"number": number}, some_dataset)


def is_same(dataset: InMemoryDataset, other: InMemoryDataset) -> bool:
    arrays = [
        [getattr(getattr(stored, part), what) for part in PARTS for what in ("images", "labels")]
        for stored in (dataset, other)
    ]
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(*arrays, strict=True)) and all(
        getattr(dataset, name) == getattr(other, name)
        for name in (
            "name",
            "classes",
            "skipped",
            "class_names",
            "origin",
            "fingerprint",
            "mean",
            "std",
            "side",
            "channels",
        )
    )
