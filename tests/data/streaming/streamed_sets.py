"""A small set of images as folders, a tar and shards."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import webdataset
from PIL import Image

from scaling_lab.data.streaming.dataset import StreamedDataset, streamed_dataset

MOMENTS: dict[str, Any] = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
LABELS = ("ant", "bee", "cat")
EACH = {"train": 5, "val": 3, "test": 2}


def image(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (8, 9, 3), dtype=np.uint8)
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, format="PNG")
    return written.getvalue()


def samples(part: str) -> Iterator[tuple[str, str, bytes]]:
    """(class, own name, content) in the order of class and name."""
    for number, label in enumerate(LABELS):
        for place in range(EACH[part]):
            yield label, f"{label}_{place}", image(1000 * list(EACH).index(part) + 100 * number + place)


def folder(root: Path, *parts: str) -> Path:
    for part in parts:
        for label, name, content in samples(part):
            (root / part / label).mkdir(parents=True, exist_ok=True)
            (root / part / label / f"{name}.png").write_bytes(content)
    return root


def tar(root: Path, *parts: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    with tarfile.open(root / "set.tar", "w") as archive:
        archive.add(folder(root / "unpacked", *parts), arcname="set")
    return root / "set.tar"


def shards(root: Path, *parts: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for part in parts:
        shuffled = [list(samples(part))[place] for place in np.random.default_rng(0).permutation(EACH[part] * 3)]
        for shard, start in enumerate(range(0, len(shuffled), 6)):
            with webdataset.TarWriter(str(root / f"{part}-{shard:04d}.tar")) as writer:
                for label, name, content in shuffled[start : start + 6]:
                    writer.write({"__key__": name, "png": content, "cls": LABELS.index(label)})
    return root


def opened(path: Path, **settings: Any) -> StreamedDataset:
    return streamed_dataset(str(path), **{"side": 32} | MOMENTS | settings)
