"""From pictures on disk to batches, made ahead of the training step by readers (`stream_readers`).

What follows the crop is done on whole batches, as for pictures in memory (`batches`). A batch is made by one reader and
depends on the generator, the pictures and the settings alone: not on how many readers there are.
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
    """Training batches of a part; `len()` is how many an epoch has. Pictures that do not fill a last one are left out.

    crop: smallest area of a random resized crop; 0 is the centred square. corrupt: a picture that cannot be decoded
    raises PictureError (fatal), or the next one in the part takes its place with its own label (skip).
    `skipped` has the names of those met so far, and why. Readers start with the first epoch and end with this object,
    or within five seconds of the death of its process. ValueError for a batch that the part cannot fill, and for a crop
    that is no share.
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
            raise ValueError(f"a batch of {batch} cannot be filled from {len(part)} pictures")
        if not 0 <= crop <= 1:
            raise ValueError(f"crop is {crop}; it must be from 0 to 1")
        self.skipped: dict[str, str] = {}
        self._pictures, self._batch, self._device = len(part), batch, device
        self._asked: list[BatchRequest] = []
        self._epochs = 0
        made = BatchReader(part, side, crop=crop, border=0, skip=corrupt == "skip")
        self._loader = make_reader_loader(made, self._asked, readers, device, keep=True)

    def __len__(self) -> int:
        return self._pictures // self._batch

    def epoch(self, generator: torch.Generator, skip: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Uint8 (batch, 3, side, side) and int64 (batch,) on the device, in random order, without the first `skip`.

        Memory is channels-last. The order and the seed of the crops are drawn from `generator` here, and readers begin
        here. Batches left out are not decoded; the others are as without `skip`. One epoch at a time: asking for
        another ends this one. Raises PictureError; UserError when a file is gone or ends early; RuntimeError when a
        reader dies or another epoch has begun. ValueError if `skip` is not in 0 .. len().
        """
        if not 0 <= skip <= len(self):
            raise ValueError(f"{skip} batches cannot be left out of {len(self)}")
        order = torch.randperm(self._pictures, generator=generator, device=generator.device).tolist()
        seed = int(torch.randint(2**63 - 1, (), generator=generator, device=generator.device))
        starts = range(skip * self._batch, len(self) * self._batch, self._batch)
        self._asked[:] = [(seed, order[start : start + self._batch]) for start in starts]
        self._epochs += 1
        return self._delivered(start_readers(self._loader), self._epochs)

    def _delivered(self, made: Iterator[ReadResult], epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        for _ in range(len(self._asked)):
            if epoch != self._epochs:
                raise RuntimeError("another epoch has begun; this one cannot go on")
            pictures, labels, skipped, failed = next(made)
            self.skipped.update(skipped)
            yield _checked(pictures, labels, failed, self._device)


def read_ordered_batches(
    part: ImageIndex, *, batch: int, side: int, border: int, readers: int, device: torch.device = CPU
) -> Iterator[tuple[Tensor, Tensor]]:
    """All pictures of a part in its order, for evaluation; shapes as in training, the last batch may be short.

    The shorter side is resized to side + border, and the middle is cropped to the side: with a border of 32 it is
    EfficientNet's evaluation crop, size / (size + 32). A picture that cannot be decoded is always fatal: no bit of a
    test picture can be left out. Raises as `StreamBatches.epoch` does. ValueError if `batch` is under 1.
    """
    if batch < 1:
        raise ValueError(f"a batch must hold at least 1 picture, not {batch}")
    asked = [(0, range(start, min(start + batch, len(part)))) for start in range(0, len(part), batch)]
    made = start_readers(
        make_reader_loader(BatchReader(part, side, crop=0.0, border=border, skip=False), asked, readers, device)
    )
    return (_checked(pictures, labels, failed, device) for pictures, labels, _, failed in made)


def _checked(
    pictures: Tensor, labels: Tensor, failed: ReadFailure | None, device: torch.device
) -> tuple[Tensor, Tensor]:
    if failed is not None:
        kind, told = failed
        raise kind(told)
    return pictures.to(device, non_blocking=True), labels.to(device, non_blocking=True)
