"""Which folder is which part of a dataset, for folders, tars and shards, and what is refused as ambiguous."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from made_up import encoded, noise, write_tar

from scaling_lab.data.files.listing import Listing, list_images
from scaling_lab.data.files.parts import check_same_classes, part_of
from scaling_lab.data.sets.fashion_mnist import fashion_mnist
from scaling_lab.data.sets.image_folder import image_folder
from scaling_lab.data.streaming.dataset import streamed_dataset
from scaling_lab.errors import UserError

MOMENTS = {"mean": (0.5, 0.5, 0.5), "std": (0.2, 0.2, 0.2)}
TWO_PARTS = [
    ("Train", "Test"),
    ("training", "testing"),
    ("Training", "Validation"),
    ("train", "valid"),
    ("TRAIN", "VAL"),
    ("train", "dev"),
    ("train", "eval"),
    ("training_set", "test_set"),
    ("seg_train", "seg_test"),
    ("seg_train/seg_train", "seg_test/seg_test"),
    ("archive/data/Train", "archive/data/Test"),
]


def images(*folders: str, each: int = 1, classes: str = "ab") -> dict[str, bytes]:
    names = [f"{folder}/{label}/{n:02}.png".lstrip("/") for folder in folders for label in classes for n in range(each)]
    return {name: encoded(noise(6, 6, 3, seed=number)) for number, name in enumerate(names)}


def write(files: dict[str, bytes], kind: str, folder: Path) -> Path:
    if kind != "folder":
        return write_tar(folder / kind, files)
    for name, content in files.items():
        (folder / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "set" / name).write_bytes(content)
    return folder / "set"


def listed(files: dict[str, bytes], kind: str, folder: Path) -> Listing:
    return list_images(write(files, kind, folder))


def left_out(listing: Listing) -> dict[str, int]:
    return {group.reason: group.count for group in listing.log.skipped()}


@pytest.mark.parametrize("kind", ["folder", "x.tar", "x.tar.gz"])
@pytest.mark.parametrize(("train", "test"), TWO_PARTS)
def test_usual_names_are_parts_and_never_classes(train: str, test: str, kind: str, tmp_path: Path) -> None:
    found = listed(images(train, test, each=2), kind, tmp_path)
    second = "val" if test.rpartition("/")[2].lower() in ("validation", "valid", "val", "dev") else "test"
    assert {part: len(entries) for part, entries in found.parts.items()} == {"train": 4, second: 4}
    assert {entry.label for entries in found.parts.values() for entry in entries} == {"a", "b"}
    assert found.places == {part: f"{place.removeprefix('archive/data/')}/" for part, place in
                            (("train", train), (second, test))}  # fmt: skip
    assert left_out(found) == {}


def test_the_three_names_of_a_part() -> None:
    assert [part_of(name) for name in ("Seg_Train", "Dev", "EVAL", "seg_pred", "trains", "")] == [
        "train",
        "val",
        "test",
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("kind", ["folder", "x.tar"])
@pytest.mark.parametrize(
    ("folders", "message"),
    [
        (("train", "Training", "test"), r"two folders for the part train, (train/ and Training/|Training/ and train/)"),
        (("train", "val", "valid", "test"), r"two folders for the part val, val"),
        (("train", "test", "eval"), "two folders for the part test"),
        (("train", "holdout"), r"has train/ and other folders with images, holdout; name them val or test"),
        (("valid", "test"), "has no part train, only test and val"),
    ],
)
def test_ambiguous_parts_are_refused_in_a_line(
    folders: tuple[str, ...], message: str, kind: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message) as refused:
        listed(images(*folders), kind, tmp_path)
    assert "\n" not in str(refused.value)


def test_two_names_of_shards_for_one_part_are_refused(tmp_path: Path) -> None:
    for name in ("train-0", "val-0", "validation-0"):
        write_tar(tmp_path / f"{name}.tar", images(""))
    with pytest.raises(UserError, match=r"two names for the part val, val-\*\.tar and validation-\*\.tar"):
        list_images(tmp_path)
    (tmp_path / "val-0.tar").unlink()
    (tmp_path / "train-0.tar").rename(tmp_path / "Training-0.tar")
    (tmp_path / "notes.txt").write_text("")
    found = list_images(tmp_path)
    assert found.places == {"train": "Training-*.tar", "val": "validation-*.tar"}
    assert left_out(found) == {"files that are no shards of a part": 1}


@pytest.mark.parametrize("kind", ["folder", "x.tar"])
def test_a_class_may_have_the_name_of_a_part(kind: str, tmp_path: Path) -> None:
    found = listed({"train/1.png": b"x", "plane/1.png": b"y"}, kind, tmp_path)
    assert {entry.label for entry in found.parts[""]} == {"train", "plane"}


def test_what_is_left_out_is_counted_by_reason(tmp_path: Path) -> None:
    files = images("train", "test", each=2) | {
        "labels.csv": b"",
        "train/a/.hidden.png": b"",
        "train/.ipynb_checkpoints/00-checkpoint.png": b"",
        "__MACOSX/train/a/._00.png": b"",
        "test/cover.png": b"",
        "seg_pred/1.png": b"",
        "seg_pred/2.png": b"",
    }
    path = write(files, "folder", tmp_path)
    (path / "train" / "c").mkdir()
    found = list_images(path)
    assert left_out(found) == {
        "files that are no images": 1,
        "hidden files and folders": 3,
        "images outside of class folders": 1,
        "images in no part": 2,
        "folders without images": 1,
    }
    tar = list_images(write_tar(tmp_path / "x.tar", files))
    assert left_out(tar) == {name: n for name, n in left_out(found).items() if name != "folders without images"}


@pytest.mark.parametrize("target", ["a", "."])
def test_a_loop_of_links_is_one_short_line(target: str, tmp_path: Path) -> None:
    path = write(images(""), "folder", tmp_path)
    (path / "a" / "ring").symlink_to(path / target)
    with pytest.raises(UserError) as refused:
        list_images(path)
    assert "a link to a folder that contains it" in str(refused.value)
    assert str(refused.value).count("ring") == 1
    with pytest.raises(UserError, match="a link to a folder"):
        image_folder(str(path))


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path: Path) -> None:
    path = write(images("", classes="abc"), "folder", tmp_path)
    (path / "c").rename(tmp_path / "elsewhere")
    (path / "c").symlink_to(tmp_path / "elsewhere")
    assert {entry.label for entry in list_images(path).parts[""]} == {"a", "b", "c"}


def test_folders_nested_too_deeply_are_refused(tmp_path: Path) -> None:
    path = write(images(""), "folder", tmp_path)
    (path / "a" / "/".join("x" * 120)).mkdir(parents=True)
    with pytest.raises(UserError, match="a has more than 100 folders in each other"):
        list_images(path)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("ab", "the test part has no images of 'c'; both"),
        ("abcd", "the training part has no images of 'd'; both"),
        ("abd", "the test part has no images of 'c' and the training part has no images of 'd'; both"),
    ],
)
def test_parts_with_other_classes_are_refused(test: str, message: str, streamed: bool, tmp_path: Path) -> None:
    files = images("train", each=10, classes="abc") | images("test", classes=test)
    path = write(files, "folder", tmp_path)
    (path / "test" / "c").mkdir(exist_ok=True)
    with pytest.raises(UserError) as refused:
        streamed_dataset(str(path), 8, **MOMENTS) if streamed else image_folder(str(path))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_many_classes_that_differ_are_shortened() -> None:
    with pytest.raises(UserError, match="no images of '0', '1', '2' and 7 more; both"):
        check_same_classes("x", map(str, range(10)), ())


def test_the_dataset_says_which_folder_became_which_part(tmp_path: Path) -> None:
    files = images("Training", each=20) | images("Testing", each=3) | {"Training/a/x.png": b"no image"}
    path = write(files | {"notes.txt": b""}, "folder", tmp_path)
    found = image_folder(str(path), side=5, corrupt="skip", cache=str(tmp_path / "cache")).found
    assert [(part.part, part.images) for part in found.parts] == [("train", 36), ("held_out", 4), ("test", 6)]
    assert ["Training/" in part.origin for part in found.parts] == [True, True, False]
    assert found.parts[2].origin == "Testing/"
    assert (found.classes, found.class_names, found.channels, found.side) == (2, ("a", "b"), 3, 5)
    assert found.original_sides == (6, 6)
    assert {group.reason: (group.count, group.example) for group in found.skipped} == {
        "files that are no images": (1, "notes.txt"),
        "corrupt images": (1, "Training/a/x.png (not one of JPEG, PNG, BMP, WEBP, PPM)"),
    }
    lines = found.lines()
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
    found = image_folder(str(write(images(*folders, each=20), "folder", tmp_path)), cache=str(tmp_path / "cache")).found
    assert words in found.parts[2].origin


def test_a_part_that_is_not_used_is_counted(tmp_path: Path) -> None:
    path = write(images("train", "val", "test", each=10), "folder", tmp_path)
    [group] = image_folder(str(path), cache=str(tmp_path / "cache")).found.skipped
    assert (group.count, group.reason.startswith("images of val/")) == (20, True)
    [group] = streamed_dataset(str(path), 8, **MOMENTS).found.skipped
    assert (group.count, group.reason.startswith("images of val/")) == (20, True)
    found = streamed_dataset(str(path), 8, held_out="val", **MOMENTS).found
    assert [(part.images, part.origin) for part in found.parts] == [(20, "train/"), (20, "val/"), (20, "test/")]
    assert found.skipped == ()


def test_what_was_found_is_not_in_the_fingerprint(tmp_path: Path) -> None:
    first, second = write(images("train", "test", each=10), "x.tar", tmp_path), tmp_path / "y.tar"
    write_tar(second, images("training", "testing", each=10) | {"notes.txt": b""})
    one, other = (image_folder(str(path), cache=str(tmp_path / "cache")) for path in (first, second))
    assert one.found != other.found
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("kind", ["fifo", "link", "bytes", "large"])
def test_files_that_are_no_images_are_refused_or_left_out(
    kind: str, skip: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(images("train", "test", each=10), "folder", tmp_path)
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
    found = image_folder(str(path), corrupt="skip", cache=str(tmp_path / "cache"))
    assert found.skipped == 1
    assert (found.found.skipped[0].count, reason in found.found.skipped[0].example) == (1, True)
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
    [line] = fashion_mnist().found.lines()
    names = "T-shirt/top, Trouser, Pullover, Dress, Coat and 5 more"
    assert line == (
        f"fashion_mnist: 9,000 train, 1,000 held-out, 2,000 test images; 10 classes ({names}); 28 px, 1 channel"
    )
    found = replace(fashion_mnist().found, class_names=("x" * 21, "\x1b[1m"))
    assert f"(x{'x' * 18}\N{HORIZONTAL ELLIPSIS}, \\x1b[1m)" in found.lines()[0]
