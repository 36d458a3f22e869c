"""Which pictures a folder, a tar or a folder of tars holds, and where their bytes lie. Nothing is decoded or unpacked.

Known are: a folder of class folders; a folder with train/ and val/, validation/ or test/ folders of class folders; a
tar (.tar, .tar.gz, .tgz) of either; a folder of tars named train-*.tar, val-*.tar or test-*.tar (shards), with class
folders inside or with samples as webdataset writes them: key.jpg, key.jpeg or key.png and key.cls. One folder around
everything is looked through. Files that are no pictures, and all whose name starts with a dot, are passed over.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from scaling_lab.data.files.tar import is_uncompressed, list_tar, open_decompressed
from scaling_lab.errors import UserError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm", ".pgm")
PART_FOLDERS = {"train": "train", "val": "val", "validation": "val", "test": "test"}
SHARD_NAME = re.compile(rf"({'|'.join(PART_FOLDERS)})-.*\.tar")


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """A picture not yet decoded.

    name: inside the folder or tar, such as train/n01440764/x.JPEG; of a shard, with the shard's name before it.
    label: the class folder's name, or the text of the sample's .cls. file: what holds the bytes: the picture itself, or
    the tar. offset, size: of the picture's bytes in it; in a compressed tar, in its uncompressed stream.
    """

    name: str
    label: str
    file: Path
    offset: int
    size: int


def list_images(path: Path) -> dict[str, tuple[ImageEntry, ...]]:
    """The pictures by part ("train", "val", "test"; "" when class folders lie at the root), each sorted by name.

    Reads folders and the headers of tars; a compressed tar is read through once. Raises UserError for a path that is
    not there or of another kind, a damaged tar or one that ends early, no pictures, no training part, a training part
    of one class.
    """
    try:
        found = _found(path)
    except OSError as error:
        raise UserError(f"{error.filename or path} cannot be read: {error.strerror or error}") from None
    if not found:
        raise UserError(
            f"no pictures in class folders in {path} (of {' '.join(IMAGE_SUFFIXES)}), and no tars named train-*.tar, "
            "val-*.tar or test-*.tar"
        )
    train = found.get("train", found.get(""))
    if train is None:
        raise UserError(f"{path} has {' and '.join(sorted(found))} and no train")
    if len(names := class_names(train)) < 2:
        raise UserError(f"{path} has one class, {names[0]!r}; at least 2 are needed")
    return {part: tuple(sorted(members, key=_name)) for part, members in sorted(found.items())}


def class_names(members: Iterable[ImageEntry]) -> tuple[str, ...]:
    """The labels that occur, sorted as text; by size where all are whole numbers."""
    labels = {member.label for member in members}
    if all(re.fullmatch("[0-9]+", label) for label in labels):
        return tuple(sorted(labels, key=lambda label: (int(label), label)))
    return tuple(sorted(labels))


def read_image(member: ImageEntry) -> bytes:
    """The bytes of one picture. Raises UserError when its file is not there, is compressed or ends early."""
    if not is_uncompressed(member.file):
        raise UserError(f"{member.file} is compressed and can only be read from its start; unpack it to a .tar")
    return next(read_images([member]))[1]


def read_images(members: Iterable[ImageEntry]) -> Iterator[tuple[ImageEntry, bytes]]:
    """Each picture with its bytes, in the order in which they lie in their files; a compressed tar is read once.

    Raises UserError as `read` does.
    """
    in_order = sorted(members, key=lambda member: (str(member.file), member.offset))
    for file, inside in groupby(in_order, key=lambda member: member.file):
        with open_decompressed(file) as stream:
            for member in inside:
                stream.seek(member.offset)
                content = stream.read(member.size)
                if len(content) < member.size:
                    has = member.offset + len(content)
                    needs = f"{member.offset}..{member.offset + member.size}"
                    raise UserError(f"{file} ends early: {member.name} needs bytes {needs}, the file has {has}")
                yield member, content


def walk_files(folder: Path, prefix: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every file under a folder with its name inside it, in no order; not what starts with a dot. Raises OSError."""
    with os.scandir(folder) as inside:
        for entry in inside:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from walk_files(folder / entry.name, f"{prefix}{entry.name}/")
            else:
                yield prefix + entry.name, entry


def _found(path: Path) -> dict[str, list[ImageEntry]]:
    if path.is_file():
        return _by_part(_pictures(path))
    if not path.is_dir():
        raise UserError(f"there is no file or folder {path}")
    shards = [file for file in sorted(path.iterdir()) if SHARD_NAME.fullmatch(file.name)]
    return _sharded(shards) if shards else _by_part(list(_unpacked(path)))


def _unpacked(folder: Path) -> Iterator[ImageEntry]:
    """Every picture under a folder, without its label."""
    for name, entry in walk_files(folder):
        if _is_picture(entry.name):
            yield ImageEntry(name, "", Path(entry.path), 0, entry.stat().st_size)


def _pictures(tar: Path) -> list[ImageEntry]:
    """Every picture in a tar; with its label where the tar holds webdataset samples."""
    inside = [one for one in list_tar(tar) if not any(word.startswith(".") for word in one.name.split("/"))]
    labels = {_key(one.name): one.text for one in inside if one.text is not None}
    found = []
    for one in inside:
        if not _is_picture(one.name):
            continue
        if not one.whole:
            raise UserError(f"{tar}: {one.name} is a link or has holes; only whole files can be read")
        label = labels.get(_key(one.name), "")
        if labels and not label:
            raise UserError(f"{tar}: {one.name} has no {_key(one.name)}.cls with its class")
        found.append(ImageEntry(one.name, label, tar, one.offset, one.size))
    return found


def _by_part(members: Sequence[ImageEntry]) -> dict[str, list[ImageEntry]]:
    members = _without_common(members, keep=PART_FOLDERS)
    has_parts = any(_is_in_part(member) for member in members)
    found: dict[str, list[ImageEntry]] = {}
    for member in members:
        first, _, rest = member.name.partition("/")
        if has_parts and first not in PART_FOLDERS:
            continue
        if label := member.label or (rest if has_parts else member.name).rpartition("/")[0].partition("/")[0]:
            found.setdefault(PART_FOLDERS[first] if has_parts else "", []).append(replace(member, label=label))
    return found


def _is_in_part(member: ImageEntry) -> bool:
    """Whether it lies in a class folder of a part, or is a sample in one; a class may be called `train`, too."""
    return member.name.partition("/")[0] in PART_FOLDERS and member.name.count("/") >= (1 if member.label else 2)


def _sharded(shards: Iterable[Path]) -> dict[str, list[ImageEntry]]:
    found: dict[str, list[ImageEntry]] = {}
    for shard in shards:
        part = PART_FOLDERS[shard.name.partition("-")[0]]
        for member in _without_common(_pictures(shard), keep=()):
            if label := member.label or member.name.rpartition("/")[0].partition("/")[0]:
                found.setdefault(part, []).append(replace(member, name=f"{shard.name}/{member.name}", label=label))
    return found


def _without_common(members: Sequence[ImageEntry], keep: Iterable[str]) -> Sequence[ImageEntry]:
    """Without the one folder around everything, unless that is a class folder or one of `keep`."""
    around = {member.name.partition("/")[0] for member in members}
    inside = min((member.name.count("/") for member in members), default=0)
    if len(around) != 1 or around <= set(keep) or inside < (1 if members[0].label else 2):
        return members
    return [replace(member, name=member.name.partition("/")[2]) for member in members]


def _is_picture(name: str) -> bool:
    return name.lower().endswith(IMAGE_SUFFIXES) and not name.startswith(".")


def _key(name: str) -> str:
    """A sample's name: all before the first dot of the file's own name, as in webdataset."""
    folder, slash, own = name.rpartition("/")
    return f"{folder}{slash}{own.partition('.')[0]}"


def _name(member: ImageEntry) -> str:
    return member.name
