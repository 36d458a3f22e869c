"""Which folder is which part of a dataset, for folders, tars and shards, and what is refused as ambiguous."""

from pathlib import Path

import pytest
from made_up import write_tar

from scaling_lab.data.files.listing import Listing, list_images
from scaling_lab.data.files.parts import check_same_classes, part_of
from scaling_lab.data.sets.image_folder import image_folder
from scaling_lab.data.streaming.dataset import streamed_dataset
from scaling_lab.errors import UserError
from tests.data.files.trees import MOMENTS, images, write

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


def listed(files: dict[str, bytes], kind: str, folder: Path) -> Listing:
    return list_images(write(files, kind, folder))


def left_out(listing: Listing) -> dict[str, int]:
    return {group.reason: group.count for group in listing.log.skipped()}


@pytest.mark.parametrize("kind", ["folder", "x.tar", "x.tar.gz"])
@pytest.mark.parametrize(("train", "test"), TWO_PARTS)
def test_usual_names_are_parts_and_never_classes(train: str, test: str, kind: str, tmp_path: Path) -> None:
    listing = listed(images(train, test, per_class=2), kind, tmp_path)
    second = "val" if test.rpartition("/")[2].lower() in ("validation", "valid", "val", "dev") else "test"
    assert {part: len(entries) for part, entries in listing.parts.items()} == {"train": 4, second: 4}
    assert {entry.label for entries in listing.parts.values() for entry in entries} == {"a", "b"}
    assert listing.places == {part: f"{place.removeprefix('archive/data/')}/" for part, place in
                            (("train", train), (second, test))}  # fmt: skip
    assert left_out(listing) == {}


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
    listing = list_images(tmp_path)
    assert listing.places == {"train": "Training-*.tar", "val": "validation-*.tar"}
    assert left_out(listing) == {"files that are no shards of a part": 1}


@pytest.mark.parametrize("kind", ["folder", "x.tar"])
def test_a_class_may_have_the_name_of_a_part(kind: str, tmp_path: Path) -> None:
    listing = listed({"train/1.png": b"x", "plane/1.png": b"y"}, kind, tmp_path)
    assert {entry.label for entry in listing.parts[""]} == {"train", "plane"}


def test_what_is_left_out_is_counted_by_reason(tmp_path: Path) -> None:
    files = images("train", "test", per_class=2) | {
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
    listing = list_images(path)
    assert left_out(listing) == {
        "files that are no images": 1,
        "hidden files and folders": 3,
        "images outside of class folders": 1,
        "images in no part": 2,
        "folders without images": 1,
    }
    tar = list_images(write_tar(tmp_path / "x.tar", files))
    assert left_out(tar) == {name: n for name, n in left_out(listing).items() if name != "folders without images"}


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
    files = images("train", per_class=10, classes="abc") | images("test", classes=test)
    path = write(files, "folder", tmp_path)
    (path / "test" / "c").mkdir(exist_ok=True)
    with pytest.raises(UserError) as refused:
        streamed_dataset(str(path), 8, **MOMENTS) if streamed else image_folder(str(path))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_many_classes_that_differ_are_shortened() -> None:
    with pytest.raises(UserError, match="no images of '0', '1', '2' and 7 more; both"):
        check_same_classes("x", map(str, range(10)), ())
