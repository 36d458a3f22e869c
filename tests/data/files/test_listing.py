"""What `listed` finds, against the same tree unpacked by tarfile; and every way in which a tar can end early."""

import gzip
import io
import os
import shutil
import tarfile
from pathlib import Path

import pytest
from made_up import write_tar

from scaling_lab.data.files import entries
from scaling_lab.data.files.entries import ImageEntry, class_names, read_image, read_images
from scaling_lab.data.files.listing import list_images
from scaling_lab.errors import UserError

LONG = "a_class_with_a_name_of_more_than_a_hundred_letters_" * 3
PARTED = {
    f"{part}/{label}/{number}.{ending}": f"{part} {label} {number}".encode() * 50 * number
    for part in ("train", "val")
    for label in ("n02", "n01", LONG)
    for number, ending in enumerate(("jpg", "JPEG", "png"))
}
FLAT = {name.partition("/")[2]: content for name, content in PARTED.items() if name.startswith("train")}
BESIDE = {"labels.csv": b"a,b", "train/notes.txt": b"x", "train/n01/.hidden.png": b"x", "val/.DS_Store/a/b.png": b"x"}


def unpacked(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def found(path: Path) -> dict[str, dict[str, tuple[str, bytes]]]:
    """Label and bytes by name and part; the bytes read in order."""
    parts = list_images(path).parts
    inside = {one.name: content for one, content in read_images([one for part in parts.values() for one in part])}
    for members in parts.values():
        assert [one.name for one in members] == sorted(one.name for one in members)
    return {part: {one.name: (one.label, inside[one.name]) for one in members} for part, members in parts.items()}


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
    assert found(path) == expected(files, parts)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_offsets_are_right_in_every_form_of_tar(form: int, tmp_path: Path) -> None:
    files = {name: content for name, content in PARTED.items() if LONG not in name or form != tarfile.USTAR_FORMAT}
    source = unpacked(tmp_path / "source", files)
    (source / "train" / "n01" / "linked.png").hardlink_to(source / "train" / "n01" / "2.png")
    with tarfile.open(tmp_path / "x.tar", "w", format=form) as tar:
        tar.add(source, arcname=".")
    with tarfile.open(tmp_path / "x.tar") as tar:
        tar.extractall(tmp_path / "out", filter="data")
    members = [one for part in list_images(tmp_path / "x.tar").parts.values() for one in part]
    there = {file.relative_to(tmp_path / "out").as_posix(): file for file in (tmp_path / "out").rglob("*.*")}
    assert len(members) == len(files) + 1
    assert {one.name: read_image(one) for one in members} == {name: file.read_bytes() for name, file in there.items()}
    assert all(one.size == there[one.name].stat().st_size for one in members)


def test_validation_is_val_and_a_class_may_be_called_train(tmp_path: Path) -> None:
    parted = unpacked(tmp_path / "a", {"train/a/1.png": b"", "train/b/1.png": b"", "validation/a/1.png": b""})
    assert set(list_images(parted).parts) == {"train", "val"}
    trains = unpacked(tmp_path / "b", {"train/1.png": b"x", "plane/1.png": b"y"})
    assert found(trains) == {"": {"plane/1.png": ("plane", b"y"), "train/1.png": ("train", b"x")}}


def test_of_a_name_that_is_there_twice_the_last_counts(tmp_path: Path) -> None:
    write_tar(tmp_path / "x.tar", {"a/1.png": b"old", "b/1.png": b"b"})
    with tarfile.open(tmp_path / "x.tar", "a") as tar:
        info = tarfile.TarInfo("a/1.png")
        info.size = 4
        tar.addfile(info, io.BytesIO(b"new!"))
    assert found(tmp_path / "x.tar")[""] == {"a/1.png": ("a", b"new!"), "b/1.png": ("b", b"b")}


def test_shards_are_parts_by_their_name(tmp_path: Path) -> None:
    write_tar(tmp_path / "train-001.tar", {"around/cat/1.jpg": b"1"})
    write_tar(tmp_path / "train-000.tar", {"dog/1.jpg": b"2", "cat/2.jpg": b"3"})
    write_tar(
        tmp_path / "validation-0.tar", {"key.one.jpg": b"4", "key.cls": b"cat\n", "other.cls": b"dog", "other.png": b""}
    )
    write_tar(tmp_path / "spare.tar", {"cat/3.jpg": b"4"})
    assert found(tmp_path) == {
        "train": {
            "train-000.tar/cat/2.jpg": ("cat", b"3"),
            "train-000.tar/dog/1.jpg": ("dog", b"2"),
            "train-001.tar/cat/1.jpg": ("cat", b"1"),
        },
        "val": {"validation-0.tar/key.one.jpg": ("cat", b"4"), "validation-0.tar/other.png": ("dog", b"")},
    }


def test_samples_in_one_tar_are_in_parts_or_not(tmp_path: Path) -> None:
    flat = {"000.jpg": b"a", "000.cls": b"7", "001.cls": b"10", "001.jpg": b"b"}
    assert found(write_tar(tmp_path / "x.tar", flat)) == {"": {"000.jpg": ("7", b"a"), "001.jpg": ("10", b"b")}}
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


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT])
def test_a_tar_cut_anywhere_ends_early(form: int, tmp_path: Path) -> None:
    """Where it is cut at a header, tarfile finds the files before it and says nothing."""
    names = ["a/1.png", f"b/{LONG}.png" if form == tarfile.PAX_FORMAT else "b/1.png", "c/1.png"]
    with tarfile.open(tmp_path / "whole.tar", "w", format=form) as tar:
        for size, name in zip((700, 512, 10), names, strict=True):
            info = tarfile.TarInfo(name)
            info.size = size
            tar.addfile(info, io.BytesIO(b"x" * size))
        end = tar.offset
    whole, cut = (tmp_path / "whole.tar").read_bytes(), tmp_path / "cut.tar"
    for length in {*range(0, end + 512, 256), *range(1, end + 512, 300)}:
        cut.write_bytes(whole[:length])
        with pytest.raises(UserError, match=r"cut\.tar .*ends early|cut\.tar is damaged or ends early"):
            list_images(cut)
    cut.write_bytes(whole[: end + 512])
    assert len(list_images(cut).parts[""]) == 3


def test_a_tar_that_ends_early_says_where(tmp_path: Path) -> None:
    whole = write_tar(tmp_path / "x.tar", {"a/1.png": b"x" * 1000, "b/1.png": b"y" * 1000})
    members = list_images(whole).parts[""]
    whole.write_bytes(whole.read_bytes()[:2600])
    with pytest.raises(UserError, match=r"x\.tar ends early: b/1\.png needs bytes up to 3072, the file has 2600"):
        list_images(whole)
    assert read_image(members[0]) == b"x" * 1000
    with pytest.raises(UserError, match=r"ends early: b/1\.png needs bytes 2048\.\.3048, the file has 2600"):
        read_image(members[1])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_compressed_tar_that_ends_early_or_is_damaged_is_reported(share: float, tmp_path: Path) -> None:
    path = write_tar(tmp_path / "x.tar.gz", PARTED)
    whole = path.read_bytes()
    place = int(share * len(whole))
    path.write_bytes(whole[:place])
    with pytest.raises(UserError, match=r"x\.tar\.gz ends early"):
        list_images(path)
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
    with pytest.raises(UserError, match=r"x\.tar\.gz (is damaged|ends early|cannot be read)"):
        list_images(path)


def test_what_follows_a_tars_end_is_reported(tmp_path: Path) -> None:
    one = write_tar(tmp_path / "x.tar", {"a/1.png": b"x", "b/1.png": b"y"})
    one.write_bytes(one.read_bytes() * 2)
    with pytest.raises(UserError, match=r"x\.tar is damaged: .*b/1\.png, at byte 2048"):
        list_images(one)


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


def tar_of_sizes(path: Path, sizes: dict[str, int]) -> Path:
    """Write a compressed tar of files of zeros, of any size in little memory."""
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name, size in sizes.items():
            info = tarfile.TarInfo(name)
            info.size = size
            tar.addfile(info, io.BytesIO(bytes(size)))
    return path


def test_a_large_member_of_a_compressed_tar_is_refused_before_what_follows_is_read(tmp_path: Path) -> None:
    large = entries.MAX_IMAGE_BYTES + 1
    path = tar_of_sizes(tmp_path / "x.tar.gz", {"a/1.png": 10, "b/1.png": 10, "b/2.png": 1000})
    content = gzip.decompress(path.read_bytes())
    start = content.index(b"b/2.png")
    header = tarfile.TarInfo.frombuf(content[start : start + 512], "utf-8", "strict")
    header.size = large  # its bytes are missing: whoever reads on finds the end of the stream
    path.write_bytes(gzip.compress(content[:start] + header.tobuf() + content[start + 512 :]))
    with pytest.raises(UserError, match=r"b/2\.png in .*x\.tar\.gz is corrupt: 256,000,001 bytes; must be at most"):
        list_images(path)
    with pytest.raises(UserError, match="ends early"):
        list_images(path, skip=True)


def test_large_members_are_left_out_with_skip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MAX_IMAGE_BYTES", 999)
    listed = list_images(tar_of_sizes(tmp_path / "x.tgz", {"a/1.png": 10, "b/1.png": 10, "b/2.png": 1000}), skip=True)
    assert len(listed.parts[""]) == 2
    assert listed.log.unusable == [("b/2.png", "1,000 bytes; must be at most 999")]


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.REGTYPE])
def test_sizes_that_tarfile_would_follow_are_refused(kind: bytes, tmp_path: Path) -> None:
    info = tarfile.TarInfo("a/1.png")
    info.type, info.size = kind, -512 if kind == tarfile.REGTYPE else 2**32
    path = tmp_path / "x.tar"
    path.write_bytes(info.tobuf(format=tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(UserError, match="a header with a size of"):
        list_images(path)


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
