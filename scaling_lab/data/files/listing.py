"""List the images of a folder, a tar or a folder of tars with the location of their bytes. Nothing is decoded.

Supported layouts:

- a folder of class folders;
- a folder with train/ and val/, validation/ or test/, each a folder of class folders;
- a tar (.tar, .tar.gz, .tgz) of either;
- a folder of tars named train-*.tar, val-*.tar or test-*.tar (shards), with class folders inside or with samples as
  written by webdataset: key.jpg, key.jpeg or key.png, and key.cls.

A single folder around everything is ignored, as are files that are not images and names that start with a dot.
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
    """An image that is not decoded yet.

    Attributes:
        name: Path inside the folder or tar, such as train/n01440764/x.JPEG; in a shard, prefixed by the shard's name.
        label: Name of the class folder, or the text of the sample's .cls file.
        file: File that holds the bytes: the image itself or the tar.
        offset: Offset of the image's bytes in that file; for a compressed tar, in its uncompressed stream.
        size: Size in bytes.
    """

    name: str
    label: str
    file: Path
    offset: int
    size: int


def list_images(path: Path) -> dict[str, tuple[ImageEntry, ...]]:
    """Return the images by part ("train", "val", "test"; "" for class folders at the root), each sorted by name.

    Only folders and headers of tars are read; a compressed tar is read completely, once.

    Raises:
        UserError: If the path does not exist or is neither a folder nor a tar, a tar is damaged or truncated, there are
            no images or no training part, or the training part has only one class.
    """
    try:
        parts = _list_parts(path)
    except OSError as error:
        raise UserError(f"{error.filename or path} cannot be read: {error.strerror or error}") from None
    if not parts:
        raise UserError(
            f"{path} has no images in class folders ({' '.join(IMAGE_SUFFIXES)}) and no tars named train-*.tar, "
            "val-*.tar or test-*.tar"
        )
    train = parts.get("train", parts.get(""))
    if train is None:
        raise UserError(f"{path} has no part train, only {' and '.join(sorted(parts))}")
    if len(names := class_names(train)) < 2:
        raise UserError(f"{path} has one class, {names[0]!r}; at least 2 are needed")
    return {part: tuple(sorted(entries, key=_entry_name)) for part, entries in sorted(parts.items())}


def class_names(entries: Iterable[ImageEntry]) -> tuple[str, ...]:
    """Return the labels that occur, sorted as text; sorted as numbers if all are integers."""
    labels = {entry.label for entry in entries}
    if all(re.fullmatch("[0-9]+", label) for label in labels):
        return tuple(sorted(labels, key=lambda label: (int(label), label)))
    return tuple(sorted(labels))


def read_image(entry: ImageEntry) -> bytes:
    """Return the bytes of one image.

    Raises:
        UserError: If its file does not exist, is compressed or truncated.
    """
    if not is_uncompressed(entry.file):
        raise UserError(f"{entry.file} is compressed and can only be read from its start; unpack it to a .tar")
    return next(read_images([entry]))[1]


def read_images(entries: Iterable[ImageEntry]) -> Iterator[tuple[ImageEntry, bytes]]:
    """Yield each image with its bytes, in the order of their location; a compressed tar is read once.

    Raises:
        UserError: As in `read_image`.
    """
    in_order = sorted(entries, key=lambda entry: (str(entry.file), entry.offset))
    for file, group in groupby(in_order, key=lambda entry: entry.file):
        with open_decompressed(file) as stream:
            for entry in group:
                stream.seek(entry.offset)
                content = stream.read(entry.size)
                if len(content) < entry.size:
                    size = entry.offset + len(content)
                    span = f"{entry.offset}..{entry.offset + entry.size}"
                    raise UserError(f"{file} ends early: {entry.name} needs bytes {span}, the file has {size}")
                yield entry, content


def walk_files(folder: Path, prefix: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield every file under a folder with its path inside it, in no order. Names with a leading dot are skipped.

    Raises:
        OSError: If a folder cannot be read.
    """
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from walk_files(folder / entry.name, f"{prefix}{entry.name}/")
            else:
                yield prefix + entry.name, entry


def _list_parts(path: Path) -> dict[str, list[ImageEntry]]:
    if path.is_file():
        return _group_by_part(_list_tar_images(path))
    if not path.is_dir():
        raise UserError(f"there is no file or folder {path}")
    shards = [file for file in sorted(path.iterdir()) if SHARD_NAME.fullmatch(file.name)]
    return _list_shards(shards) if shards else _group_by_part(list(_list_folder(path)))


def _list_folder(folder: Path) -> Iterator[ImageEntry]:
    """Return every image under a folder, without its label."""
    for name, entry in walk_files(folder):
        if _is_image(entry.name):
            yield ImageEntry(name, "", Path(entry.path), 0, entry.stat().st_size)


def _list_tar_images(tar: Path) -> list[ImageEntry]:
    """Return every image in a tar, with its label if the tar holds webdataset samples."""
    files = [file for file in list_tar(tar) if not any(word.startswith(".") for word in file.name.split("/"))]
    labels = {_sample_key(file.name): file.text for file in files if file.text is not None}
    entries = []
    for file in files:
        if not _is_image(file.name):
            continue
        if not file.is_regular:
            raise UserError(f"{tar}: {file.name} is a link or a sparse file; only regular files can be read")
        label = labels.get(_sample_key(file.name), "")
        if labels and not label:
            raise UserError(f"{tar}: {file.name} has no {_sample_key(file.name)}.cls with its class")
        entries.append(ImageEntry(file.name, label, tar, file.offset, file.size))
    return entries


def _group_by_part(entries: Sequence[ImageEntry]) -> dict[str, list[ImageEntry]]:
    entries = _strip_common_folder(entries, keep=PART_FOLDERS)
    has_parts = any(_is_in_part(entry) for entry in entries)
    parts: dict[str, list[ImageEntry]] = {}
    for entry in entries:
        first, _, rest = entry.name.partition("/")
        if has_parts and first not in PART_FOLDERS:
            continue
        if label := entry.label or (rest if has_parts else entry.name).rpartition("/")[0].partition("/")[0]:
            parts.setdefault(PART_FOLDERS[first] if has_parts else "", []).append(replace(entry, label=label))
    return parts


def _is_in_part(entry: ImageEntry) -> bool:
    """Return whether an image is in a class folder of a part or a sample of a part; a class may be called `train`."""
    return entry.name.partition("/")[0] in PART_FOLDERS and entry.name.count("/") >= (1 if entry.label else 2)


def _list_shards(shards: Iterable[Path]) -> dict[str, list[ImageEntry]]:
    parts: dict[str, list[ImageEntry]] = {}
    for shard in shards:
        part = PART_FOLDERS[shard.name.partition("-")[0]]
        for entry in _strip_common_folder(_list_tar_images(shard), keep=()):
            if label := entry.label or entry.name.rpartition("/")[0].partition("/")[0]:
                parts.setdefault(part, []).append(replace(entry, name=f"{shard.name}/{entry.name}", label=label))
    return parts


def _strip_common_folder(entries: Sequence[ImageEntry], keep: Iterable[str]) -> Sequence[ImageEntry]:
    """Remove a single folder around everything, unless it is a class folder or one of `keep`."""
    folders = {entry.name.partition("/")[0] for entry in entries}
    depth = min((entry.name.count("/") for entry in entries), default=0)
    if len(folders) != 1 or folders <= set(keep) or depth < (1 if entries[0].label else 2):
        return entries
    return [replace(entry, name=entry.name.partition("/")[2]) for entry in entries]


def _is_image(name: str) -> bool:
    return name.lower().endswith(IMAGE_SUFFIXES) and not name.startswith(".")


def _sample_key(name: str) -> str:
    """Return the key of a webdataset sample: the path up to the first dot of the file name."""
    folder, slash, file_name = name.rpartition("/")
    return f"{folder}{slash}{file_name.partition('.')[0]}"


def _entry_name(entry: ImageEntry) -> str:
    return entry.name
