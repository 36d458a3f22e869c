"""Images of many sizes in three classes, and batches of them."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from scaling_lab.data.files.entries import class_names, read_image
from scaling_lab.data.files.listing import list_images
from scaling_lab.data.streaming.batches import StreamedBatches
from scaling_lab.data.streaming.index import ImageIndex, build_image_index

COUNT, BATCH, SIDE, CROP = 23, 4, 12, 0.08
Pair = tuple[Tensor, Tensor]


def opened(folder: Path) -> ImageIndex:
    members = list_images(folder).parts["train"]
    return build_image_index(members, class_names(members))


def source(part: ImageIndex, **settings: Any) -> StreamedBatches:
    usual: dict[str, Any] = {"batch": BATCH, "side": SIDE, "crop": CROP, "readers": 0, "corrupt": "fatal"}
    return StreamedBatches(part, **usual | settings)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def same(ours: list[Pair], theirs: list[Pair]) -> bool:
    return len(ours) == len(theirs) and all(
        torch.equal(a, b) for pair in zip(ours, theirs, strict=True) for a, b in zip(*pair, strict=True)
    )


def full_image(part: ImageIndex, place: int) -> Image.Image:
    return Image.open(io.BytesIO(read_image(part.entry(place)))).convert("RGB")


def stacked(pixels: Iterator[np.ndarray[Any, Any]]) -> Tensor:
    return torch.from_numpy(np.stack(list(pixels))).permute(0, 3, 1, 2)
