"""Images that cannot be read: named, or left out if so requested."""

import gc
from contextlib import suppress
from multiprocessing import active_children
from pathlib import Path

import pytest
import torch

from scaling_lab.data.streaming.batches import read_ordered_batches
from scaling_lab.data.streaming.crops import crop_center
from scaling_lab.data.streaming.index import ImageIndex
from scaling_lab.data.streaming.readers import ImageError
from scaling_lab.errors import UserError
from tests.data.streaming.sized_images import (
    COUNT,
    SIDE,
    full_image,
    opened,
    seeded,
    source,
    stacked,
)


def spoilt(part: ImageIndex, folder: Path, *places: int) -> ImageIndex:
    """The same part with some images cut in half before they are listed."""
    for place in places:
        file = part.entry(place).file
        file.write_bytes(file.read_bytes()[: part.sizes[place] // 2])
    return opened(folder)


@pytest.mark.parametrize("readers", [0, 2])
def test_a_corrupt_image_is_fatal_and_named_in_one_line(part: ImageIndex, folder: Path, readers: int) -> None:
    corrupt, name = spoilt(part, folder, 9), part.entry(9).name
    message = rf"^{name} in /.*{name} cannot be decoded: [^\n]*truncated[^\n]*$"
    with pytest.raises(ImageError, match=message):
        list(source(corrupt, readers=readers, batch=COUNT).epoch(seeded()))
    with pytest.raises(ImageError, match=message):
        list(read_ordered_batches(corrupt, batch=5, side=SIDE, border=0, readers=readers))


@pytest.mark.parametrize("readers", [0, 1, 2])
def test_a_corrupt_image_can_be_skipped_for_the_next_and_is_named(part: ImageIndex, folder: Path, readers: int) -> None:
    corrupt = spoilt(part, folder, 9, 10, 22)
    batches = source(corrupt, crop=0.0, corrupt="skip", readers=readers, batch=COUNT)
    ((images, labels),) = batches.epoch(seeded())
    instead = [{9: 11, 10: 11, 22: 0}.get(place, place) for place in torch.randperm(COUNT, generator=seeded()).tolist()]
    assert torch.equal(images, stacked(crop_center(full_image(corrupt, place), SIDE) for place in instead))
    assert labels.tolist() == part.labels[instead].tolist()
    assert set(batches.skipped) == {part.entry(place).name for place in (9, 10, 22)}
    assert all(reason and "\n" not in reason for reason in batches.skipped.values())
    list(batches.epoch(seeded(1)))
    assert len(batches.skipped) == 3


def test_where_no_image_can_be_decoded_skipping_ends(part: ImageIndex, folder: Path) -> None:
    batches = source(spoilt(part, folder, *range(COUNT)), corrupt="skip")
    with pytest.raises(ImageError, match=r"none of 23 .*train/"):
        list(batches.epoch(seeded()))


@pytest.mark.parametrize("readers", [0, 2])
def test_a_file_that_is_cut_or_gone_is_fatal_even_when_corrupt_ones_are_skipped(part: ImageIndex, readers: int) -> None:
    cut, gone = part.entry(3), part.entry(4)
    cut.file.write_bytes(cut.file.read_bytes()[:-100])
    batches = source(part, corrupt="skip", readers=readers, batch=COUNT)
    with pytest.raises(UserError, match=rf"ends early: {cut.name} needs bytes"):
        list(batches.epoch(seeded()))
    cut.file.write_bytes(cut.file.read_bytes().ljust(cut.size, b"\0"))
    gone.file.unlink()
    with pytest.raises(UserError, match=rf"{gone.name} cannot be read: No such file"):
        list(batches.epoch(seeded()))


def test_after_an_error_no_reader_waits_for_the_collector(part: ImageIndex, folder: Path) -> None:
    corrupt, before = spoilt(part, folder, 9), len(active_children())
    gc.disable()
    try:
        with suppress(ImageError):
            list(source(corrupt, readers=2).epoch(seeded()))
        with suppress(ImageError):
            list(read_ordered_batches(corrupt, batch=5, side=SIDE, border=0, readers=2))
        assert len(active_children()) == before
    finally:
        gc.enable()
