"""Every way in which a tar can end early, and members that are too large, of tars and of compressed ones."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from made_up import write_tar

from scaling_lab.data.files import entries
from scaling_lab.data.files.entries import read_image
from scaling_lab.data.files.listing import list_images
from scaling_lab.errors import UserError
from tests.data.files.trees import LONG, PARTED


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
    intact, cut = (tmp_path / "whole.tar").read_bytes(), tmp_path / "cut.tar"
    for length in {*range(0, end + 512, 256), *range(1, end + 512, 300)}:
        cut.write_bytes(intact[:length])
        with pytest.raises(UserError, match=r"cut\.tar .*ends early|cut\.tar is damaged or ends early"):
            list_images(cut)
    cut.write_bytes(intact[: end + 512])
    assert len(list_images(cut).parts[""]) == 3


def test_a_tar_that_ends_early_says_where(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "x.tar", {"a/1.png": b"x" * 1000, "b/1.png": b"y" * 1000})
    members = list_images(path).parts[""]
    path.write_bytes(path.read_bytes()[:2600])
    with pytest.raises(UserError, match=r"x\.tar ends early: b/1\.png needs bytes up to 3072, the file has 2600"):
        list_images(path)
    assert read_image(members[0]) == b"x" * 1000
    with pytest.raises(UserError, match=r"ends early: b/1\.png needs bytes 2048\.\.3048, the file has 2600"):
        read_image(members[1])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_compressed_tar_that_ends_early_or_is_damaged_is_reported(share: float, tmp_path: Path) -> None:
    path = write_tar(tmp_path / "x.tar.gz", PARTED)
    intact = path.read_bytes()
    place = int(share * len(intact))
    path.write_bytes(intact[:place])
    with pytest.raises(UserError, match=r"x\.tar\.gz ends early"):
        list_images(path)
    path.write_bytes(intact[:place] + bytes([intact[place] ^ 0xFF]) + intact[place + 1 :])
    with pytest.raises(UserError, match=r"x\.tar\.gz (is damaged|ends early|cannot be read)"):
        list_images(path)


def test_what_follows_a_tars_end_is_reported(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "x.tar", {"a/1.png": b"x", "b/1.png": b"y"})
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(UserError, match=r"x\.tar is damaged: .*b/1\.png, at byte 2048"):
        list_images(path)


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
