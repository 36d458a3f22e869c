"""A data set in memory from class folders: which image goes where, what is refused, what is kept."""

import logging
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
from made_up import encoded, noise, write_tar
from numpy.typing import NDArray

from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.data.sets import image_folder as module
from scaling_lab.data.sets.image_folder import image_folder
from scaling_lab.errors import UserError

COUNTS = {"train": 20, "test": 3}
CLASSES = ("b", "a", "c")


def pixels(name: str) -> NDArray[np.uint8]:
    return noise(6, 6, 3, seed=zlib.crc32(name.encode()))


def tree(counts: dict[str, int], classes: tuple[str, ...] = CLASSES) -> dict[str, bytes]:
    names = [
        f"{part}/{label}/{part}{number:02}.png".removeprefix("/")
        for part, count in counts.items()
        for label in classes
        for number in range(count)
    ]
    return {name: encoded(pixels(name)) for name in names}


def names_in(split: Split, names: list[str]) -> list[str]:
    by_content = {pixels(name).transpose(2, 0, 1).tobytes(): name for name in names}
    return [by_content[image.tobytes()] for image in split.images]


def expected(part: str, numbers: range) -> list[str]:
    return [f"{part}/{label}/{part}{number:02}.png".removeprefix("/") for label in "abc" for number in numbers]


def labels(names: list[str]) -> list[int]:
    return ["abc".index(name.split("/")[-2]) for name in names]


@pytest.mark.parametrize(
    ("counts", "train", "held_out", "test"),
    [
        ({"train": 20, "test": 3}, ("train", 0, 18), ("train", 18, 20), ("test", 0, 3)),
        ({"train": 20, "val": 3}, ("train", 0, 18), ("train", 18, 20), ("val", 0, 3)),
        ({"train": 20, "validation": 3}, ("train", 0, 18), ("train", 18, 20), ("validation", 0, 3)),
        ({"train": 20, "val": 2, "test": 3}, ("train", 0, 18), ("train", 18, 20), ("test", 0, 3)),
        ({"train": 25}, ("train", 0, 18), ("train", 18, 20), ("train", 20, 25)),
        ({"": 27}, ("", 0, 20), ("", 20, 22), ("", 22, 27)),
    ],
    ids=["test", "val", "validation", "both", "train only", "classes"],
)
def test_every_image_is_in_the_part_it_belongs_to(
    counts: dict[str, int],
    train: tuple[str, int, int],
    held_out: tuple[str, int, int],
    test: tuple[str, int, int],
    tmp_path: Path,
) -> None:
    files = tree(counts)
    stored = image_folder(str(write_tar(tmp_path / "some.tar.gz", files)))
    for split, (part, first, last) in ((stored.train, train), (stored.held_out, held_out), (stored.test, test)):
        names = names_in(split, list(files))
        assert names == expected(part, range(first, last))
        assert split.labels.tolist() == labels(names)
    assert (stored.name, stored.classes, stored.side, stored.skipped) == ("image_folder(some)", 3, 6, 0)


def test_a_folder_a_tar_and_shards_give_the_same_images(tmp_path: Path) -> None:
    files = tree(COUNTS)
    for name, content in files.items():
        (tmp_path / "some" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "some" / name).write_bytes(content)
    (tmp_path / "shards").mkdir()
    for part in COUNTS:
        inside = {name.partition("/")[2]: content for name, content in files.items() if name.startswith(part)}
        write_tar(tmp_path / "shards" / f"{part}-000.tar", inside)
    paths = [tmp_path / "some", write_tar(tmp_path / "some.tar", files), tmp_path / "shards"]
    made = [image_folder(str(path)) for path in paths]
    assert len({stored.fingerprint for stored in made}) == 1
    assert [stored.name for stored in made] == [f"image_folder({name})" for name in ("some", "some", "shards")]


def test_a_side_is_in_the_images_and_in_the_name(tmp_path: Path) -> None:
    path = str(write_tar(tmp_path / "some.tar", tree(COUNTS)))
    small = image_folder(path, side=5)
    assert (small.side, small.name) == (5, "image_folder(some, 5 px)")
    assert small.fingerprint != image_folder(path).fingerprint
    assert image_folder(path, side=6).fingerprint == image_folder(path).fingerprint


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"path": None}, "no path; set dataset.path="),
        ({"path": 3}, "image_folder has no path"),
        ({"path": "nowhere"}, "there is no file or folder nowhere"),
        ({"side": 3}, "side is 3; must be an integer from 4 to 1024, or null"),
        ({"side": True}, "side is True; must be"),
        ({"side": "6"}, "side is '6'; must be"),
        ({"corrupt": "skp"}, "unknown corrupt 'skp'; did you mean skip?"),
    ],
)
def test_settings_are_checked(settings: dict[str, object], message: str, tmp_path: Path) -> None:
    path = str(write_tar(tmp_path / "some.tar", tree(COUNTS)))
    with pytest.raises(UserError) as refused:
        image_folder(**({"path": path} | settings))  # type: ignore[arg-type]
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            tree({"train": 20}, ("a", "b")) | tree({"test": 2}, ("a", "b", "c")),
            "the training part has no images of 'c'",
        ),
        (tree({"train": 20}) | tree({"test": 2}, ("a", "b")), "the test part has no images of 'c'"),
        (
            tree({"train": 20}, ("a", "b")) | tree({"train": 9}, ("c",)) | tree({"test": 2}),
            "class 'c' has 9 training images",
        ),
        (tree({"": 11}), "class 'a' has 9 training images; at least 10 are needed, because 1 in 10 is held out"),
        (tree({"": 4}), "class 'a' has 4 training images"),
        (tree({"": 30}, ("a",)), "has one class, 'a'"),
        (tree(COUNTS) | {"train/a/x.png": b"no image"}, "train/a/x.png in "),
        (tree(COUNTS) | {"train/a/x.png": encoded(noise(1, 1, 3))}, "1 x 1 px; must be at least 4 x 4"),
        (tree(COUNTS) | {"train/a/x.png": encoded(noise(8, 8, 3))}, "train/a/x.png in "),
    ],
)
def test_what_cannot_be_used_is_reported_in_a_line(files: dict[str, bytes], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as refused:
        image_folder(str(write_tar(tmp_path / "some.tar", files)))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_corrupt_images_are_left_out_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = tree(COUNTS)
    intact = image_folder(str(write_tar(tmp_path / "whole.tar", files)))
    bad = files | {"train/a/00.png": b"", "train/c/x.png": encoded(noise(2, 2, 3)), "test/b/y.png": b"?"}
    stored = image_folder(str(write_tar(tmp_path / "some.tar", bad)), corrupt="skip")
    assert stored.skipped == 3
    assert stored.fingerprint == intact.fingerprint
    reasons = "train/a/00.png: empty; train/c/x.png: 2 x 2 px; must be at least 4 x 4; test/b/y.png: not one of JPEG"
    (message,) = caplog.messages
    assert f"some.tar: left out as corrupt: 3 ({reasons}" in message
    for name in expected("train", range(15)):
        bad[name] = b""
    with pytest.raises(UserError, match="class 'a' has 5 training images"):
        image_folder(str(write_tar(tmp_path / "other.tar", bad)), corrupt="skip")


def again(path: Path, cache: Path, **settings: object) -> InMemoryDataset:
    """As a new process would make it."""
    module._load.cache_clear()
    return image_folder(str(path), cache=str(cache), **settings)  # type: ignore[arg-type]


def test_what_was_decoded_is_not_decoded_again_until_its_source_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, cache = write_tar(tmp_path / "some.tar", tree(COUNTS)), tmp_path / "cache"
    decoded: list[int] = []
    usual = module.decode_images
    monkeypatch.setattr(module, "decode_images", lambda *args: (decoded.append(1), usual(*args))[1])
    first, second = again(path, cache), again(path, cache)
    assert len(decoded) == 1
    assert first.folder == second.folder
    assert (first.fingerprint, first.name, first.mean) == (second.fingerprint, second.name, second.mean)
    again(path, cache, side=5)
    again(path, cache, corrupt="skip")
    assert len(decoded) == 3
    os.utime(path, ns=(0, 0))
    assert again(path, cache).fingerprint == first.fingerprint
    assert len(decoded) == 4


def test_the_same_value_within_a_process(tmp_path: Path) -> None:
    path = str(write_tar(tmp_path / "some.tar", tree(COUNTS)))
    assert image_folder(path) is image_folder(path)


def test_many_images_are_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "scaling_lab")
    monkeypatch.setattr(module, "LOG_ABOVE_IMAGES", 68)
    image_folder(str(write_tar(tmp_path / "some.tar.gz", tree(COUNTS))))
    assert caplog.messages == ["decoding 69 images of some.tar.gz"]
