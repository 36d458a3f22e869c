"""Batches of images on disk, made ahead of the training step by reader processes (`streaming.readers`).

Everything after the crop is done on whole batches, as for images in memory. A batch is made by one reader and depends
only on the generator, the images and the settings, not on the number of readers.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from scaling_lab.data.streaming.dataset import OnCorrupt
from scaling_lab.data.streaming.index import ImageIndex
from scaling_lab.data.streaming.readers import (
    BatchReader,
    BatchRequest,
    ReadFailure,
    ReadResult,
    make_reader_loader,
    start_readers,
)

CPU = torch.device("cpu")


class StreamedBatches:
    """Training batches of a part; `len()` is their number in an epoch, without an incomplete last batch.

    Readers start with the first epoch and end with this object, or within five seconds after its process dies.

    Args:
        part: Index of the part.
        batch: Images per batch.
        side: Side of the images in pixels.
        crop: Smallest area of the random resized crop, as a share of the image; 0 is a center crop.
        readers: Number of reader processes; 0 reads in this process.
        corrupt: What happens for an image that cannot be decoded: `fatal` raises ImageError; `skip` takes the next
            image of the part, with that image's label.
        device: Device of the batches.

    Attributes:
        skipped: Names of the corrupt images met so far, with the reason.

    Raises:
        ValueError: If batch is larger than the part, or crop is not in 0 .. 1.
    """

    cropped = True

    def __init__(
        self,
        part: ImageIndex,
        *,
        batch: int,
        side: int,
        crop: float,
        readers: int,
        corrupt: OnCorrupt,
        device: torch.device = CPU,
    ) -> None:
        if not 1 <= batch <= len(part):
            raise ValueError(f"batch is {batch}; must be from 1 to {len(part)}, the number of images")
        if not 0 <= crop <= 1:
            raise ValueError(f"crop is {crop}; must be from 0 to 1")
        self.skipped: dict[str, str] = {}
        self._images, self._batch, self._device = len(part), batch, device
        self._requests: list[BatchRequest] = []
        self._epochs = 0
        reader = BatchReader(part, side, crop=crop, border=0, skip=corrupt == "skip")
        self._loader = make_reader_loader(reader, self._requests, readers, device, keep=True)

    def __len__(self) -> int:
        return self._images // self._batch

    def epoch(self, generator: torch.Generator, skip: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Return the batches of an epoch in random order, without the first `skip`.

        The order and the seed of the crops are drawn from `generator` here, and the readers start here. Skipped batches
        are not decoded; the others are the same as without `skip`. A new epoch ends the one before.

        Returns:
            Pairs of images, uint8 (batch, 3, side, side) in channels-last memory, and labels, int64 (batch,).

        Raises:
            ValueError: If skip is not in 0 .. len().
            ImageError: If an image cannot be decoded.
            UserError: If a file does not exist or is truncated.
            RuntimeError: If a reader dies or another epoch has begun.
        """
        if not 0 <= skip <= len(self):
            raise ValueError(f"skip is {skip}; must be from 0 to {len(self)} batches")
        order = torch.randperm(self._images, generator=generator, device=generator.device).tolist()
        seed = int(torch.randint(2**63 - 1, (), generator=generator, device=generator.device))
        starts = range(skip * self._batch, len(self) * self._batch, self._batch)
        self._requests[:] = [(seed, order[start : start + self._batch]) for start in starts]
        self._epochs += 1
        return self._deliver(start_readers(self._loader), self._epochs)

    def _deliver(self, results: Iterator[ReadResult], epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        for _ in range(len(self._requests)):
            if epoch != self._epochs:
                raise RuntimeError("another epoch has begun; this one has ended")
            images, labels, skipped, failure = next(results)
            self.skipped.update(skipped)
            yield _to_device(images, labels, failure, self._device)


def read_ordered_batches(
    part: ImageIndex, *, batch: int, side: int, border: int, readers: int, device: torch.device = CPU
) -> Iterator[tuple[Tensor, Tensor]]:
    """Return all images of a part in its order, for evaluation; the last batch may be smaller.

    The shorter side is resized to side + border, and the center is cropped to the side: with a border of 32 this is
    EfficientNet's evaluation crop, size / (size + 32). An image that cannot be decoded always raises, because no test
    image may be left out.

    Args:
        part: Index of the part.
        batch: Images per batch.
        side: Side of the images in pixels.
        border: Pixels added to the side before the crop.
        readers: Number of reader processes; 0 reads in this process.
        device: Device of the batches.

    Raises:
        ValueError: If batch is under 1.
        ImageError, UserError, RuntimeError: As in `StreamedBatches.epoch`.
    """
    if batch < 1:
        raise ValueError(f"batch is {batch}; must be >= 1")
    requests = [(0, range(start, min(start + batch, len(part)))) for start in range(0, len(part), batch)]
    reader = BatchReader(part, side, crop=0.0, border=border, skip=False)
    results = start_readers(make_reader_loader(reader, requests, readers, device))
    return (_to_device(images, labels, failure, device) for images, labels, _, failure in results)


def _to_device(
    images: Tensor, labels: Tensor, failure: ReadFailure | None, device: torch.device
) -> tuple[Tensor, Tensor]:
    if failure is not None:
        error_type, message = failure
        raise error_type(message)
    return images.to(device, non_blocking=True), labels.to(device, non_blocking=True)
