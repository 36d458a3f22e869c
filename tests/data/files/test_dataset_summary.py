"""What a dataset says of itself: parts, classes, and what it left out."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from made_up import write_tar

from scaling_lab.data.sets.fashion_mnist import fashion_mnist
from scaling_lab.data.sets.image_folder import image_folder
from scaling_lab.data.streaming.dataset import streamed_dataset
from scaling_lab.errors import UserError
from tests.data.files.trees import MOMENTS, images, write


def test_the_dataset_says_which_folder_became_which_part(tmp_path: Path) -> None:
    files = images("Training", per_class=20) | images("Testing", per_class=3) | {"Training/a/x.png": b"no image"}
    path = write(files | {"notes.txt": b""}, "folder", tmp_path)
    summary = image_folder(str(path), side=5, corrupt="skip", cache=str(tmp_path / "cache")).summary
    assert [(part.part, part.images) for part in summary.parts] == [("train", 36), ("held_out", 4), ("test", 6)]
    assert ["Training/" in part.origin for part in summary.parts] == [True, True, False]
    assert summary.parts[2].origin == "Testing/"
    assert (summary.classes, summary.class_names, summary.channels, summary.side) == (2, ("a", "b"), 3, 5)
    assert summary.original_sides == (6, 6)
    assert {group.reason: (group.count, group.example) for group in summary.skipped} == {
        "files that are no images": (1, "notes.txt"),
        "corrupt images": (1, "Training/a/x.png (not one of JPEG, PNG, BMP, WEBP, PPM)"),
    }
    lines = summary.lines()
    assert len(lines) == 6
    numbers = "36 train, 4 held-out, 6 test images; 2 classes (a, b); 5 px, resized from 6 px, 3 channels"
    assert lines[0].endswith(f"(set, 5 px): {numbers}")


@pytest.mark.parametrize(
    ("folders", "words"),
    [
        (("",), "the last fifth of each class of class folders"),
        (("train",), "the last fifth of each class of train/"),
        (("train", "Valid"), "Valid/, because there is no test folder"),
    ],
)
def test_a_missing_part_is_reported(folders: tuple[str, ...], words: str, tmp_path: Path) -> None:
    summary = image_folder(
        str(write(images(*folders, per_class=20), "folder", tmp_path)), cache=str(tmp_path / "cache")
    ).summary
    assert words in summary.parts[2].origin


def test_a_part_that_is_not_used_is_counted(tmp_path: Path) -> None:
    path = write(images("train", "val", "test", per_class=10), "folder", tmp_path)
    [group] = image_folder(str(path), cache=str(tmp_path / "cache")).summary.skipped
    assert (group.count, group.reason.startswith("images of val/")) == (20, True)
    [group] = streamed_dataset(str(path), 8, **MOMENTS).summary.skipped
    assert (group.count, group.reason.startswith("images of val/")) == (20, True)
    summary = streamed_dataset(str(path), 8, held_out="val", **MOMENTS).summary
    assert [(part.images, part.origin) for part in summary.parts] == [(20, "train/"), (20, "val/"), (20, "test/")]
    assert summary.skipped == ()


def test_what_was_found_is_not_in_the_fingerprint(tmp_path: Path) -> None:
    first, second = write(images("train", "test", per_class=10), "x.tar", tmp_path), tmp_path / "y.tar"
    write_tar(second, images("training", "testing", per_class=10) | {"notes.txt": b""})
    dataset, other = (image_folder(str(path), cache=str(tmp_path / "cache")) for path in (first, second))
    assert dataset.summary != other.summary
    assert dataset.fingerprint == other.fingerprint


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("kind", ["fifo", "link", "bytes", "large"])
def test_files_that_are_no_images_are_refused_or_left_out(
    kind: str, skip: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(images("train", "test", per_class=10), "folder", tmp_path)
    name = os.fsencode(path / "train" / "a" / "x") + (b"\xff.png" if kind == "bytes" else b".png")
    if kind == "fifo":
        os.mkfifo(name)
    elif kind == "link":
        os.symlink("nowhere", name)  # noqa: PTH211 - the name is bytes
    else:
        with open(name, "wb") as file:  # noqa: PTH123
            file.truncate(10_000)
        monkeypatch.setattr("scaling_lab.data.files.entries.MAX_IMAGE_BYTES", 9_999)
    reason = {"fifo": "not a regular file", "link": "a link to nothing", "bytes": "its name is not UTF-8"}.get(
        kind, "10,000 bytes; must be at most 9,999"
    )
    if not skip:
        with pytest.raises(UserError) as refused:
            image_folder(str(path), cache=str(tmp_path / "cache"))
        assert f"is corrupt: {reason}" in str(refused.value).encode().decode()
        return
    summary = image_folder(str(path), corrupt="skip", cache=str(tmp_path / "cache"))
    assert summary.skipped == 1
    assert (summary.summary.skipped[0].count, reason in summary.summary.skipped[0].example) == (1, True)
    assert len(streamed_dataset(str(path), 8, corrupt="skip", readers=0, **MOMENTS).test) == 20


def test_a_path_that_is_not_utf8_is_refused_at_once(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/set\xff")
    Path(path).mkdir()
    for load in (lambda: image_folder(path), lambda: streamed_dataset(path, 8, **MOMENTS)):
        with pytest.raises(UserError, match=r"set\\udcff, which is not UTF-8") as refused:
            load()
        assert str(refused.value).encode()


def test_a_fifo_in_place_of_a_dataset_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.tar")
    with pytest.raises(UserError, match="neither a folder nor a regular file"):
        image_folder(str(tmp_path / "x.tar"))


def test_many_and_long_names_of_classes_are_shortened() -> None:
    [line] = fashion_mnist().summary.lines()
    names = "T-shirt/top, Trouser, Pullover, Dress, Coat and 5 more"
    assert line == (
        f"fashion_mnist: 9,000 train, 1,000 held-out, 2,000 test images; 10 classes ({names}); 28 px, 1 channel"
    )
    summary = replace(fashion_mnist().summary, class_names=("x" * 21, "\x1b[1m"))
    assert f"(x{'x' * 18}\N{HORIZONTAL ELLIPSIS}, \\x1b[1m)" in summary.lines()[0]
