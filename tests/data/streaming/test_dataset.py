"""Where a set's images lie: folders, a tar and shards; shards are read by the webdataset library, too."""

import logging
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from webdataset.tariterators import group_by_keys, tar_file_expander

from scaling_lab.config import registry
from scaling_lab.data.files.entries import ImageEntry, class_names, read_image
from scaling_lab.data.files.listing import list_images
from scaling_lab.data.streaming.dataset import StreamedDataset
from scaling_lab.data.streaming.index import ImageIndex, build_image_index
from scaling_lab.data.streaming.minival import select_minival
from scaling_lab.errors import UserError
from tests.data.streaming.streamed_sets import LABELS, MOMENTS, folder, opened, samples, shards, tar

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(params=[folder, tar, shards])
def written(request: pytest.FixtureRequest) -> Callable[..., Path]:
    made: Callable[..., Path] = request.param
    return made


FILES = [
    file
    for file in sorted((ROOT / "conf" / "dataset").glob("*.yaml"))
    if ".streaming." in yaml.safe_load(file.read_text())["_target_"]
]


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_every_streamed_set_has_disjoint_parts_of_all_classes(
    file: Path, needed: Callable[..., dict[str, Any]]
) -> None:
    settings = yaml.safe_load(file.read_text())
    made = registry.build_value("dataset", settings | needed(file.stem, settings), file.stem)
    assert isinstance(made, StreamedDataset)
    assert made.name in (file.stem, "streamed(made_up)")
    parts = [{part.entry(place).name for place in range(len(part))} for part in (made.train, made.held_out, made.test)]
    assert [len(part) for part in parts] == [59, 1, 12]
    assert len(set().union(*parts)) == 72
    assert set(made.train.labels) == set(made.test.labels) == set(range(made.classes))


def test_imagenet_is_that_of_the_paper() -> None:
    settings = registry.read_yaml("dataset", "imagenet")
    assert (settings["classes"], settings["held_out"], settings["side"], settings["corrupt"]) == (
        1000,
        "minival",
        600,
        "fatal",
    )
    assert {name: settings[name] for name in MOMENTS} == MOMENTS
    with pytest.raises(UserError, match="no path"):
        registry.build_value("dataset", settings, "imagenet")


def own_names(part: ImageIndex) -> list[str]:
    return [Path(part.entry(place).name).stem for place in range(len(part))]


def contents(part: ImageIndex) -> list[tuple[int, bytes]]:
    return [(int(label), read_image(part.entry(place))) for place, label in enumerate(part.labels)]


def test_folder_tar_and_shards_give_the_same_parts_and_hold_out_the_minival(
    written: Callable[..., Path], tmp_path: Path
) -> None:
    made = opened(written(tmp_path / "set", "train", "val"))
    everything = [(LABELS.index(label), content) for label, _, content in samples("train")]
    held_out = select_minival(len(everything)).tolist()
    assert contents(made.held_out) == [everything[place] for place in held_out]
    assert contents(made.train) == [sample for place, sample in enumerate(everything) if place not in held_out]
    assert contents(made.test) == [(LABELS.index(label), content) for label, _, content in samples("val")]
    assert [part.labels.dtype for part in (made.train, made.held_out, made.test)] == [np.int64] * 3
    assert (made.classes, made.channels, made.side, made.name) == (3, 3, 32, "streamed(set)")


def test_shards_are_what_the_webdataset_library_reads(tmp_path: Path) -> None:
    made = opened(shards(tmp_path, "train", "val"))
    ours = contents(made.train) + contents(made.held_out)
    theirs = []
    for shard in tmp_path.glob("train-*.tar"):
        with shard.open("rb") as stream:
            theirs += list(group_by_keys(tar_file_expander([{"url": str(shard), "stream": stream}])))
    assert len(theirs) == len(ours) == 15
    assert sorted(ours) == sorted((int(sample["cls"]), sample["png"]) for sample in theirs)
    assert sorted(own_names(made.train) + own_names(made.held_out)) == sorted(sample["__key__"] for sample in theirs)


@pytest.mark.parametrize(("held_out", "names"), [("minival", "train"), ("val", "val")])
def test_the_test_part_is_test_where_there_is_one_and_val_can_then_be_held_out(
    written: Callable[..., Path], tmp_path: Path, held_out: str, names: str
) -> None:
    made = opened(written(tmp_path / "set", "train", "val", "test"), held_out=held_out)
    assert own_names(made.test) == [name for _, name, _ in samples("test")]
    assert len(made.train) == 15 - (held_out == "minival")
    assert {content for _, content in contents(made.held_out)} <= {content for _, _, content in samples(names)}


def test_a_catalogue_gives_back_what_was_listed(written: Callable[..., Path], tmp_path: Path) -> None:
    members = list_images(written(tmp_path / "set", "train", "val")).parts["train"]
    packed = build_image_index(members, class_names(members))
    for index in (packed, pickle.loads(pickle.dumps(packed))):  # noqa: S301
        assert tuple(index.entry(place) for place in range(len(index))) == members
        assert [index.classes[label] for label in index.labels] == [member.label for member in members]
    for place in (-1, len(members)):
        with pytest.raises(IndexError, match=f"index is {place}; .* 14"):
            packed.entry(place)


def made_up(count: int) -> list[ImageEntry]:
    return [
        ImageEntry(f"train/n{i % 10:08d}/n{i % 10:08d}_{i}.JPEG", f"n{i % 10:08d}", Path("/data", f"x/{i}"), 0, 10 * i)
        for i in range(count)
    ]


def test_a_million_images_would_be_pickled_in_under_100_megabytes() -> None:
    members = [replace(member, file=Path("/data/of/someone/imagenet", member.name)) for member in made_up(1000)]
    assert len(pickle.dumps(build_image_index(members, class_names(members)))) < 100 * len(members)


def test_the_fingerprint_depends_on_names_labels_sizes_and_order_and_not_on_the_folder() -> None:
    members = made_up(12)
    original = members[5]

    def of(changed: list[ImageEntry]) -> str:
        part, other = (
            build_image_index(changed, [f"n{i:08d}" for i in range(10)]),
            build_image_index(made_up(3), class_names(made_up(10))),
        )
        return StreamedDataset("x", part, other, other, 32, (0.5,) * 3, (0.2,) * 3).fingerprint

    others = [
        [replace(m, name="train/n00000005/n00000005_6.JPEG") if m is original else m for m in members],
        [replace(m, label="n00000004") if m is original else m for m in members],
        [replace(m, size=m.size + 1) if m is original else m for m in members],
        members[::-1],
        members[:-1],
    ]
    assert len({of(members), *map(of, others)}) == 1 + len(others)
    assert of([replace(m, file=Path("/elsewhere"), offset=512) for m in members]) == of(members)
    assert len(of(members)) == 16


def test_readers_and_the_like_are_not_in_the_fingerprint(tmp_path: Path) -> None:
    path = folder(tmp_path / "set", "train", "val")
    first = opened(path)
    assert opened(path, side=64, readers=0, corrupt="skip", name="other").fingerprint == first.fingerprint
    assert opened(folder(tmp_path / "copied", "train", "val")).fingerprint == first.fingerprint
    assert opened(tar(tmp_path, "train", "val")).fingerprint == first.fingerprint


def test_two_images_of_a_class_and_size_are_in_the_fingerprint_by_name(tmp_path: Path) -> None:
    original, other = (folder(tmp_path / name, "train", "val") for name in ("one", "other"))
    (other / "val" / "bee" / "bee_1.png").rename(other / "val" / "bee" / "bee_9.png")
    assert opened(original).fingerprint != opened(other).fingerprint


def test_a_path_is_listed_and_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "scaling_lab")
    path = folder(tmp_path / "set", "train", "val")
    assert opened(path).train is opened(path, side=64).train
    assert [str(path) in message for message in caplog.messages] == [True]


def test_classes_are_numbered_as_numbers_where_they_are(tmp_path: Path) -> None:
    for label in ("2", "10"):
        for part in ("train", "val"):
            for place in range(3):
                (tmp_path / part / label).mkdir(parents=True, exist_ok=True)
                (tmp_path / part / label / f"{place}.png").write_bytes(b"x")
    made = opened(tmp_path)
    assert made.train.classes == ("2", "10")
    assert (np.diff(made.train.labels) >= 0).all()


def test_other_moments_are_another_data_set(tmp_path: Path) -> None:
    path = folder(tmp_path / "set", "train", "val")
    moments = product(([0.5] * 3, [0.4] * 3), ([0.2] * 3, [0.3] * 3))
    assert len({opened(path, mean=mean, std=std).fingerprint for mean, std in moments}) == 4


def test_listing_needs_no_torch(tmp_path: Path) -> None:
    path = folder(tmp_path / "set", "train", "val")
    moments = f"{MOMENTS['mean']}, {MOMENTS['std']}"
    program = (
        "import sys; from scaling_lab.data.streaming.dataset import streamed_dataset;"
        f"made = streamed_dataset({str(path)!r}, 32, {moments}); print(made.fingerprint, 'torch' in sys.modules)"
    )
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert ran.stdout.split() == [opened(path).fingerprint, "False"]
