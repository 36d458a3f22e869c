"""Processes that read ahead: places in a part to whole batches, decoded, cropped and resized.

JPEGs are decoded at full size: at a half or a quarter it is faster, and the levels are others (by 2.5 on average in
crops of 32 px).
"""

import gc
import warnings
from collections.abc import Iterator, Sequence
from itertools import chain
from random import Random
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from scaling_lab.data.files.decoding import decode_image
from scaling_lab.data.files.listing import ImageEntry, read_image
from scaling_lab.data.streaming.crops import crop_center, crop_randomly
from scaling_lab.data.streaming.dataset import COLOR_CHANNELS
from scaling_lab.data.streaming.index import ImageIndex
from scaling_lab.errors import UserError

PREFETCH_BATCHES = 2  # batches that each reader works on or has ready
BatchRequest = tuple[int, Sequence[int]]  # an epoch's seed, places in the part
ReadFailure = tuple[type[Exception], str]
ReadResult = tuple[
    Tensor, Tensor, dict[str, str], ReadFailure | None
]  # pictures, labels, names skipped and why, what went wrong


class ImageError(Exception):
    """A picture that cannot be decoded: its name, its file and the reason, in one line."""


class BatchReader(Dataset[ReadResult]):
    """What a reader makes of an epoch's seed and places.

    What goes wrong is handed over and not raised: of a reader's exception the loader would make one of many lines.
    """

    def __init__(self, part: ImageIndex, side: int, *, crop: float, border: int, skip: bool) -> None:
        self.part, self.side, self.crop, self.border, self.skip = part, side, crop, border, skip

    def __getitem__(self, asked: BatchRequest) -> ReadResult:
        seed, places = asked
        pictures = torch.empty((len(places), self.side, self.side, COLOR_CHANNELS), dtype=torch.uint8)
        labels = torch.empty(len(places), dtype=torch.int64)
        skipped: dict[str, str] = {}
        try:
            for row, place in enumerate(places):
                # the standard library promises that this stream stays as it is
                random = Random(seed << 64 | place)  # noqa: S311
                labels[row] = self._fill(pictures[row], place, random, skipped)
        except (ImageError, UserError) as error:
            return pictures, labels, skipped, (type(error), str(error))
        return pictures.permute(0, 3, 1, 2), labels, skipped, None

    def _fill(self, row: Tensor, place: int, random: Random, skipped: dict[str, str]) -> int:
        """Fills `row` with the first picture from `place` on that can be decoded; its label."""
        for found in chain(range(place, len(self.part)), range(place)):
            member = self.part.member(found)
            try:
                whole = _decoded(member)
            except ValueError as error:
                if not self.skip:
                    raise ImageError(f"{member.name} in {member.file} cannot be decoded: {error}") from None
                skipped[member.name] = str(error)
                continue
            if self.crop:
                row.numpy()[:] = crop_randomly(whole, self.side, self.crop, random)
            else:
                row.numpy()[:] = crop_center(whole, self.side, self.border)
            return int(self.part.labels[found])
        raise ImageError(
            f"none of {len(self.part)} pictures can be decoded, such as {member.name}: {skipped[member.name]}"
        )


def _decoded(member: ImageEntry) -> Image.Image:
    content = read_image(member)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd EXIF data
        return decode_image(content).convert("RGB")


def make_reader_loader(
    made: BatchReader, asked: Sequence[BatchRequest], readers: int, device: torch.device, keep: bool = False
) -> DataLoader[ReadResult]:
    """A loader with its own generator, so that it draws nothing from torch's.

    Readers are forked: they share the catalogue and an imported torch, and start in milliseconds. The processes they
    are forked from run one thread of torch's, and another that only waits.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of more readers than cores: that was asked for
        return DataLoader(
            made,
            batch_size=None,
            sampler=asked,
            collate_fn=_as_it_is,
            num_workers=readers,
            prefetch_factor=PREFETCH_BATCHES if readers else None,
            persistent_workers=keep and readers > 0,
            multiprocessing_context="fork" if readers else None,
            pin_memory=device.type == "cuda",
            generator=torch.Generator(),
        )


def start_readers(of: DataLoader[ReadResult]) -> Iterator[ReadResult]:
    """Starts the readers. What is frozen when they are forked they never collect: in one that did, a loader that waits
    to be collected here would end its own readers from there."""
    gc.freeze()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of more readers than cores, and of a fork beside a waiting thread
            return iter(of)
    finally:
        gc.unfreeze()


def _as_it_is(made: Any) -> Any:
    return made
