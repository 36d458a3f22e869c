"""Batches read from disk: the same whatever the readers, complete, resumable, and clear about what cannot be read."""

import gc
from multiprocessing import active_children
from random import Random
from typing import Any

import pytest
import torch

from scaling_lab.data.files.entries import ImageEntry, read_image
from scaling_lab.data.streaming import readers as stream_readers
from scaling_lab.data.streaming.batches import read_ordered_batches
from scaling_lab.data.streaming.crops import crop_center, crop_randomly
from scaling_lab.data.streaming.index import ImageIndex
from scaling_lab.errors import UserError
from tests.data.streaming.sized_images import (
    BATCH,
    COUNT,
    CROP,
    SIDE,
    full_image,
    same,
    seeded,
    source,
    stacked,
)


@pytest.mark.parametrize("readers", [1, 2, 3])
@pytest.mark.parametrize("crop", [CROP, 0.0])
def test_readers_change_no_batch(part: ImageIndex, readers: int, crop: float) -> None:
    alone, many = source(part, crop=crop), source(part, crop=crop, readers=readers)
    ours, theirs = seeded(1), seeded(1)
    for _ in range(3):
        assert same(list(many.epoch(theirs)), list(alone.epoch(ours)))


def test_batches_are_those_that_the_drawn_order_and_seed_make(part: ImageIndex) -> None:
    made = list(source(part).epoch(seeded(7)))
    generator = seeded(7)
    order = torch.randperm(COUNT, generator=generator).tolist()
    seed = int(torch.randint(2**63 - 1, (), generator=generator))
    assert len(made) == len(source(part)) == COUNT // BATCH
    for number, (images, labels) in enumerate(made):
        places = order[number * BATCH : (number + 1) * BATCH]
        randoms = [Random(seed << 64 | place) for place in places]  # noqa: S311
        expected = (crop_randomly(full_image(part, p), SIDE, CROP, r) for p, r in zip(places, randoms, strict=True))
        assert torch.equal(images, stacked(expected))
        assert labels.tolist() == part.labels[places].tolist()


def test_shapes_types_and_memory(part: ImageIndex) -> None:
    for images, labels in source(part).epoch(seeded()):
        assert (images.shape, labels.shape) == ((BATCH, 3, SIDE, SIDE), (BATCH,))
        assert (images.dtype, labels.dtype) == (torch.uint8, torch.int64)
        assert images.is_contiguous(memory_format=torch.channels_last)


def test_an_epoch_takes_every_image_once_but_for_those_that_fill_no_batch(part: ImageIndex) -> None:
    every = {crop_center(full_image(part, place), SIDE).tobytes(): place for place in range(COUNT)}
    drawn = [
        every[image.permute(1, 2, 0).numpy().tobytes()]
        for images, _ in source(part, crop=0.0).epoch(seeded())
        for image in images
    ]
    assert len(set(drawn)) == len(drawn) == COUNT // BATCH * BATCH


def test_epochs_differ_in_order_and_in_crops_and_one_generator_gives_one_epoch(part: ImageIndex) -> None:
    batches, generator = source(part, batch=COUNT), seeded()
    first, second = (next(batches.epoch(generator)) for _ in range(2))
    assert same([first], [next(batches.epoch(seeded()))])
    assert not torch.equal(first[1], second[1])
    orders = [torch.randperm(COUNT, generator=generator) for generator in (after(0), after(1))]
    in_place = [pair[0][order.argsort()] for pair, order in zip((first, second), orders, strict=True)]
    assert (in_place[0] != in_place[1]).flatten(1).any(1).all()


def after(epochs: int) -> torch.Generator:
    generator = seeded()
    for _ in range(epochs):
        torch.randperm(COUNT, generator=generator)
        torch.randint(2**63 - 1, (), generator=generator)
    return generator


def test_the_size_of_a_batch_changes_no_image(part: ImageIndex) -> None:
    small, large = (torch.cat([p for p, _ in source(part, batch=b).epoch(seeded())]) for b in (2, 11))
    assert torch.equal(small, large)


@pytest.mark.parametrize("readers", [0, 2])
def test_all_is_drawn_when_the_epoch_is_requested_and_only_from_its_generator(part: ImageIndex, readers: int) -> None:
    of_torch, generator = torch.get_rng_state(), seeded()
    batches = source(part, readers=readers)
    waiting = batches.epoch(generator)
    assert torch.equal(generator.get_state(), after(1).get_state())
    list(waiting)
    list(read_ordered_batches(part, batch=5, side=SIDE, border=2, readers=readers))
    assert torch.equal(generator.get_state(), after(1).get_state())
    assert torch.equal(torch.get_rng_state(), of_torch)


@pytest.mark.parametrize("readers", [0, 2])
@pytest.mark.parametrize("skip", [0, 1, 3, 5])
def test_leaving_out_the_first_batches_is_dropping_them(part: ImageIndex, readers: int, skip: int) -> None:
    batches = source(part, readers=readers)
    assert same(list(batches.epoch(seeded(3), skip=skip)), list(source(part).epoch(seeded(3)))[skip:])


def test_batches_left_out_are_not_read(part: ImageIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    names = []

    def count_reads(member: ImageEntry) -> bytes:
        names.append(member.name)
        return read_image(member)

    monkeypatch.setattr(stream_readers, "read_image", count_reads)
    list(source(part).epoch(seeded(), skip=3))
    assert len(names) == (COUNT // BATCH - 3) * BATCH


@pytest.mark.parametrize("readers", [0, 2])
def test_another_epoch_ends_the_one_before_and_is_whole(part: ImageIndex, readers: int) -> None:
    batches = source(part, readers=readers)
    before = batches.epoch(seeded(1))
    next(before)
    assert same(list(batches.epoch(seeded(2))), list(source(part).epoch(seeded(2))))
    with pytest.raises(RuntimeError, match="another epoch has begun"):
        next(before)


@pytest.mark.parametrize("readers", [0, 2])
@pytest.mark.parametrize(("batch", "border"), [(5, 0), (23, 4), (40, 4)])
def test_evaluation_takes_all_images_in_order_from_their_middle(
    part: ImageIndex, readers: int, batch: int, border: int
) -> None:
    made = list(read_ordered_batches(part, batch=batch, side=SIDE, border=border, readers=readers))
    assert [len(labels) for _, labels in made] == [batch] * (COUNT // batch) + [COUNT % batch] * (COUNT % batch > 0)
    expected = stacked(crop_center(full_image(part, place), SIDE, border) for place in range(COUNT))
    assert torch.equal(torch.cat([images for images, _ in made]), expected)
    assert torch.cat([labels for _, labels in made]).tolist() == part.labels.tolist()


@pytest.mark.parametrize("evaluated", [False, True])
def test_readers_end_when_batches_are_dropped_in_the_middle(part: ImageIndex, evaluated: bool) -> None:
    before = len(active_children())
    batches = source(part, readers=2)
    made = read_ordered_batches(part, batch=2, side=SIDE, border=0, readers=2) if evaluated else batches.epoch(seeded())
    next(made)
    assert len(active_children()) == before + 2
    del made, batches
    gc.collect()
    assert len(active_children()) == before


def test_readers_never_collect_what_they_were_forked_with(part: ImageIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_when_frozen(member: ImageEntry) -> bytes:
        if not gc.get_freeze_count():
            raise UserError("a reader could end the readers of others")
        return read_image(member)

    monkeypatch.setattr(stream_readers, "read_image", read_when_frozen)
    list(source(part, readers=1).epoch(seeded()))
    assert gc.get_freeze_count() == 0


def test_readers_are_kept_from_epoch_to_epoch(part: ImageIndex) -> None:
    batches, generator, before = source(part, readers=2), seeded(), len(active_children())
    list(batches.epoch(generator))
    pids = {process.pid for process in active_children()}
    assert len(pids) == before + 2
    list(batches.epoch(generator))
    assert {process.pid for process in active_children()} == pids


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch": 24}, "batch is 24; .* 23"),
        ({"batch": 0}, "batch is 0; .* 1"),
        ({"crop": 1.5}, "crop is 1.5; .* 0 to 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(part: ImageIndex, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        source(part, **settings)


def test_a_skip_outside_the_epoch_and_an_empty_batch_are_refused(part: ImageIndex) -> None:
    for skip in (-1, 6):
        with pytest.raises(ValueError, match=f"skip is {skip}; .* 5"):
            source(part).epoch(seeded(), skip=skip)
    with pytest.raises(ValueError, match=r"batch is 0; .* 1"):
        read_ordered_batches(part, batch=0, side=SIDE, border=0, readers=0)
