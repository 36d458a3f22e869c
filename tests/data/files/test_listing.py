"""What `list_images` finds, against the same tree unpacked by tarfile."""

import io
import os
import shutil
import tarfile
from pathlib import Path

import pytest
from made_up import write_tar

from scaling_lab.data.files.entries import ImageEntry, class_names, read_image, read_images
from scaling_lab.data.files.listing import list_images
from scaling_lab.errors import UserError
from tests.data.files.trees import FLAT, LONG, PARTED, unpacked

BESIDE = {"labels.csv": b"a,b", "train/notes.txt": b"x", "train/n01/.hidden.png": b"x", "val/.DS_Store/a/b.png": b"x"}


def contents(path: Path) -> dict[str, dict[str, tuple[str, bytes]]]:
    """Label and bytes by name and part; the bytes read in order."""
    parts = list_images(path).parts
    inside = {
        entry.name: content for entry, content in read_images([entry for part in parts.values() for entry in part])
    }
    for members in parts.values():
        assert [entry.name for entry in members] == sorted(entry.name for entry in members)
    return {
        part: {entry.name: (entry.label, inside[entry.name]) for entry in members} for part, members in parts.items()
    }


def expected(files: dict[str, bytes], parts: tuple[str, ...]) -> dict[str, dict[str, tuple[str, bytes]]]:
    if parts == ("",):
        return {"": {name: (name.split("/")[0], content) for name, content in files.items()}}
    return {
        part: {name: (name.split("/")[1], content) for name, content in files.items() if name.startswith(f"{part}/")}
        for part in parts
    }


@pytest.mark.parametrize("around", ["", "data/"])
@pytest.mark.parametrize("kind", ["folder", "x.tar", "x.tar.gz", "x.tgz"])
@pytest.mark.parametrize(("files", "parts"), [(PARTED, ("train", "val")), (FLAT, ("",))], ids=["parts", "classes"])
def test_images_are_found_by_part_and_class_with_their_bytes(
    files: dict[str, bytes], parts: tuple[str, ...], kind: str, around: str, tmp_path: Path
) -> None:
    there = {around + name: content for name, content in (files | BESIDE).items()}
    path = unpacked(tmp_path / "x", there) if kind == "folder" else write_tar(tmp_path / kind, there)
    assert contents(path) == expected(files, parts)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_offsets_are_right_in_every_form_of_tar(form: int, tmp_path: Path) -> None:
    files = {name: content for name, content in PARTED.items() if LONG not in name or form != tarfile.USTAR_FORMAT}
    source = unpacked(tmp_path / "source", files)
    (source / "train" / "n01" / "linked.png").hardlink_to(source / "train" / "n01" / "2.png")
    with tarfile.open(tmp_path / "x.tar", "w", format=form) as tar:
        tar.add(source, arcname=".")
    with tarfile.open(tmp_path / "x.tar") as tar:
        tar.extractall(tmp_path / "out", filter="data")
    members = [entry for part in list_images(tmp_path / "x.tar").parts.values() for entry in part]
    there = {file.relative_to(tmp_path / "out").as_posix(): file for file in (tmp_path / "out").rglob("*.*")}
    assert len(members) == len(files) + 1
    assert {entry.name: read_image(entry) for entry in members} == {
        name: file.read_bytes() for name, file in there.items()
    }
    assert all(entry.size == there[entry.name].stat().st_size for entry in members)


def test_validation_is_val_and_a_class_may_be_called_train(tmp_path: Path) -> None:
    parted = unpacked(tmp_path / "a", {"train/a/1.png": b"", "train/b/1.png": b"", "validation/a/1.png": b""})
    assert set(list_images(parted).parts) == {"train", "val"}
    trains = unpacked(tmp_path / "b", {"train/1.png": b"x", "plane/1.png": b"y"})
    assert contents(trains) == {"": {"plane/1.png": ("plane", b"y"), "train/1.png": ("train", b"x")}}


def test_of_a_name_that_is_there_twice_the_last_counts(tmp_path: Path) -> None:
    write_tar(tmp_path / "x.tar", {"a/1.png": b"old", "b/1.png": b"b"})
    with tarfile.open(tmp_path / "x.tar", "a") as tar:
        info = tarfile.TarInfo("a/1.png")
        info.size = 4
        tar.addfile(info, io.BytesIO(b"new!"))
    assert contents(tmp_path / "x.tar")[""] == {"a/1.png": ("a", b"new!"), "b/1.png": ("b", b"b")}


def test_shards_are_parts_by_their_name(tmp_path: Path) -> None:
    write_tar(tmp_path / "train-001.tar", {"around/cat/1.jpg": b"1"})
    write_tar(tmp_path / "train-000.tar", {"dog/1.jpg": b"2", "cat/2.jpg": b"3"})
    write_tar(
        tmp_path / "validation-0.tar", {"key.one.jpg": b"4", "key.cls": b"cat\n", "other.cls": b"dog", "other.png": b""}
    )
    write_tar(tmp_path / "spare.tar", {"cat/3.jpg": b"4"})
    assert contents(tmp_path) == {
        "train": {
            "train-000.tar/cat/2.jpg": ("cat", b"3"),
            "train-000.tar/dog/1.jpg": ("dog", b"2"),
            "train-001.tar/cat/1.jpg": ("cat", b"1"),
        },
        "val": {"validation-0.tar/key.one.jpg": ("cat", b"4"), "validation-0.tar/other.png": ("dog", b"")},
    }


def test_samples_in_one_tar_are_in_parts_or_not(tmp_path: Path) -> None:
    flat = {"000.jpg": b"a", "000.cls": b"7", "001.cls": b"10", "001.jpg": b"b"}
    assert contents(write_tar(tmp_path / "x.tar", flat)) == {"": {"000.jpg": ("7", b"a"), "001.jpg": ("10", b"b")}}
    parted = {f"{part}/{name}": content for part in ("train", "test") for name, content in flat.items()}
    listed = list_images(write_tar(tmp_path / "y.tar", parted)).parts
    assert {part: len(members) for part, members in listed.items()} == {"test": 2, "train": 2}


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (["b", "a", "B", "a"], ("B", "a", "b")),
        (["10", "9", "0"], ("0", "9", "10")),
        (["10", "9", "x"], ("10", "9", "x")),
    ],
)
def test_classes_are_sorted_as_text_and_numbers_by_size(labels: list[str], order: tuple[str, ...]) -> None:
    assert class_names(ImageEntry("", label, Path(), 0, 0) for label in labels) == order


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no images in class folders"),
        ({"a.png": b"", "b/a.txt": b""}, "no images in class folders"),
        ({"train/a.png": b"", "val/b.png": b""}, None),  # classes called train and val
        ({"cat/1.png": b"", "cat/2.png": b""}, "has one class, 'cat'; at least 2 are needed"),
        ({"train/cat/1.png": b"", "val/dog/1.png": b""}, "has one class, 'cat'"),
        ({"test/cat/1.png": b"", "val/dog/1.png": b""}, "no part train, only test and val"),
        ({"test/cat/1.png": b"", "test/dog/1.png": b""}, "no part train, only test"),
    ],
)
@pytest.mark.parametrize("kind", ["folder", "x.tar"])
def test_what_is_no_data_set_is_reported(
    files: dict[str, bytes], message: str | None, kind: str, tmp_path: Path
) -> None:
    (tmp_path / "x").mkdir()
    path = unpacked(tmp_path / "x", files) if kind == "folder" else write_tar(tmp_path / kind, files)
    if message is None:
        assert list(list_images(path).parts) == [""]
        return
    with pytest.raises(UserError, match=message) as refused:
        list_images(path)
    assert str(path) in str(refused.value)


def test_other_paths_are_reported(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no file or folder .*nothing"):
        list_images(tmp_path / "nothing")
    (tmp_path / "x.zip").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"x\.zip is neither a folder nor a tar \(\.tar, \.tar\.gz, \.tgz\)"):
        list_images(tmp_path / "x.zip")
    for name in ("x.tar", "x.tar.gz"):
        (tmp_path / name).write_bytes(b"no tar at all")
        with pytest.raises(UserError, match=name):
            list_images(tmp_path / name)
    unpacked(tmp_path / "y", {"a/1.png": b"", "b/1.png": b""})
    (tmp_path / "y" / "a" / "2.png").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"2\.png is corrupt: a link to nothing; dataset\.corrupt=skip"):
        list_images(tmp_path / "y")


def test_an_image_without_its_class_and_a_link_are_reported(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"x\.tar: b\.jpg has no b\.cls"):
        list_images(write_tar(tmp_path / "x.tar", {"a.jpg": b"", "a.cls": b"1", "b.jpg": b""}))
    with tarfile.open(tmp_path / "y.tar", "w") as tar:
        info = tarfile.TarInfo("a/1.png")
        info.type, info.linkname = tarfile.SYMTYPE, "2.png"
        tar.addfile(info)
    with pytest.raises(UserError, match=r"a/1\.png in .*y\.tar is corrupt: a link"):
        list_images(tmp_path / "y.tar")


def test_a_compressed_tar_is_not_read_at_a_place(tmp_path: Path) -> None:
    members = list_images(write_tar(tmp_path / "x.tgz", FLAT)).parts[""]
    with pytest.raises(UserError, match=r"x\.tgz is compressed and can only be read from its start"):
        read_image(members[0])


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "x", FLAT)
    members = list_images(folder).parts[""]
    shutil.rmtree(folder)
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_image(members[0])


def test_a_class_name_of_a_sample_is_short(tmp_path: Path) -> None:
    files = {"0.jpg": b"x", "0.cls": b"a" * 1025, "1.jpg": b"x", "1.cls": b"b"}
    with pytest.raises(UserError, match=r"0\.cls has 1,025 bytes; the name of a class has at most 1,024"):
        list_images(write_tar(tmp_path / "x.tar", files))


def test_a_fifo_that_took_the_place_of_an_image_is_not_waited_for(tmp_path: Path) -> None:
    members = list_images(unpacked(tmp_path / "x", FLAT)).parts[""]
    members[0].file.unlink()
    os.mkfifo(members[0].file)
    with pytest.raises(UserError, match="not a regular file"):
        read_image(members[0])
