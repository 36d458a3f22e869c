"""Reader processes: from indices in a part to batches of decoded, cropped and resized images.

JPEGs are decoded at full size: decoding at a half or a quarter is faster, but changes the levels (by 2.5 on average in
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
from torch.utils import data as torch_data

from scaling_lab.data.files.decoding import decode_image
from scaling_lab.data.files.entries import ImageEntry, read_image
from scaling_lab.data.streaming.crops import crop_center, crop_randomly
from scaling_lab.data.streaming.dataset import COLOR_CHANNELS
from scaling_lab.data.streaming.index import ImageIndex
from scaling_lab.errors import UserError

PREFETCH_BATCHES = 2  # batches that each reader works on or has ready
BatchRequest = tuple[int, Sequence[int]]  # seed of the epoch, indices in the part
ReadFailure = tuple[type[Exception], str]  # exception type, message
ReadResult = tuple[
    Tensor, Tensor, dict[str, str], ReadFailure | None
]  # images, labels, skipped (name: reason), failure


class ImageError(Exception):
    """An image that cannot be decoded: its name, its file and the reason, in one line."""


class BatchReader(torch_data.Dataset[ReadResult]):
    """A torch dataset whose items are whole batches; an index is a `BatchRequest`.

    Failures are returned, not raised: the loader would turn a reader's exception into many lines.

    Args:
        part: Index of the part.
        side: Side of the images in pixels.
        crop: Smallest area of the random resized crop; 0 is a center crop.
        border: Pixels added to the side before a center crop.
        skip: Whether an image that cannot be decoded is replaced by the next one.
    """

    def __init__(self, part: ImageIndex, side: int, *, crop: float, border: int, skip: bool) -> None:
        self.part, self.side, self.crop, self.border, self.skip = part, side, crop, border, skip

    def __getitem__(self, request: BatchRequest) -> ReadResult:
        seed, indices = request
        images = torch.empty((len(indices), self.side, self.side, COLOR_CHANNELS), dtype=torch.uint8)
        labels = torch.empty(len(indices), dtype=torch.int64)
        skipped: dict[str, str] = {}
        try:
            for row, index in enumerate(indices):
                # the standard library guarantees that this stream never changes
                random = Random(seed << 64 | index)  # noqa: S311
                labels[row] = self._fill(images[row], index, random, skipped)
        except (ImageError, UserError) as error:
            return images, labels, skipped, (type(error), str(error))
        return images.permute(0, 3, 1, 2), labels, skipped, None

    def _fill(self, row: Tensor, first: int, random: Random, skipped: dict[str, str]) -> int:
        """Fill `row` with the first image from index `first` on that can be decoded, and return its label."""
        for index in chain(range(first, len(self.part)), range(first)):
            entry = self.part.entry(index)
            try:
                image = _decode(entry)
            except ValueError as error:
                if not self.skip:
                    raise ImageError(f"{entry.name} in {entry.file} cannot be decoded: {error}") from None
                skipped[entry.name] = str(error)
                continue
            if self.crop:
                row.numpy()[:] = crop_randomly(image, self.side, self.crop, random)
            else:
                row.numpy()[:] = crop_center(image, self.side, self.border)
            return int(self.part.labels[index])
        example = f"{entry.name}: {skipped[entry.name]}"
        raise ImageError(f"none of {len(self.part)} images can be decoded; the last is {example}")


def make_reader_loader(
    reader: BatchReader, requests: Sequence[BatchRequest], readers: int, device: torch.device, keep: bool = False
) -> torch_data.DataLoader[ReadResult]:
    """Return a loader over `requests` with its own generator, so that it draws nothing from torch's global one.

    Readers are forked: they share the index and an imported torch, and start in milliseconds. The process they are
    forked from runs one torch thread, and another thread that only waits.

    Args:
        reader: What makes the batches.
        requests: Batches to make; read at the start of each pass.
        readers: Number of reader processes; 0 reads in this process.
        device: Device that batches are moved to; memory is pinned for a GPU.
        keep: Whether the readers stay alive between passes.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warns of more readers than cores, which the user has set
        return torch_data.DataLoader(
            reader,
            batch_size=None,
            sampler=requests,
            collate_fn=_identity,
            num_workers=readers,
            prefetch_factor=PREFETCH_BATCHES if readers else None,
            persistent_workers=keep and readers > 0,
            multiprocessing_context="fork" if readers else None,
            pin_memory=device.type == "cuda",
            generator=torch.Generator(),
        )


def start_readers(loader: torch_data.DataLoader[ReadResult]) -> Iterator[ReadResult]:
    """Start the readers and return their results.

    Objects are frozen while forking, so that readers never collect them: a reader that collected a loader which is
    garbage here would shut down that loader's readers from there.
    """
    gc.freeze()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # warns of more readers than cores, and of a fork next to a waiting thread
            return iter(loader)
    finally:
        gc.unfreeze()


def _decode(entry: ImageEntry) -> Image.Image:
    content = read_image(entry)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd EXIF data
        return decode_image(content).convert("RGB")


def _identity(result: Any) -> Any:
    return result
