"""List the images of a folder, a tar or a folder of tars with the location of their bytes. Nothing is decoded.

Supported layouts:

- a folder of class folders;
- a folder with one folder for each part (`parts.PART_NAMES`), each a folder of class folders;
- a tar (.tar, .tar.gz, .tgz) of either;
- a folder of tars named train-*.tar, val-*.tar or test-*.tar (shards; other names of parts too), with class folders
  inside or with samples as written by webdataset: key.jpg, key.jpeg or key.png, and key.cls.

A single folder around everything is ignored. Files that are not images and hidden ones are left out and counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from scaling_lab.data.files.entries import IMAGE_SUFFIXES, ImageEntry, class_names, is_image_name, size_problem
from scaling_lab.data.files.parts import SHARD_NAME, GroupedImages, group_by_part, part_of, strip_folder
from scaling_lab.data.files.tar import TarEntry, list_tar
from scaling_lab.data.files.walk import WalkedEntry, is_hidden, walk_folder
from scaling_lab.data.summary import SkipLog, is_utf8
from scaling_lab.errors import UserError
from scaling_lab.formatting import make_printable

NOT_UTF8 = "its name is not UTF-8"


@dataclass(frozen=True, eq=False)
class Listing:
    """Images on disk.

    Attributes:
        parts: Images by "train", "val" and "test", or by "" for class folders at the root, each sorted by name.
        places: Folder or shards of each part.
        log: Files that were left out.
    """

    parts: Mapping[str, tuple[ImageEntry, ...]]
    places: Mapping[str, str]
    log: SkipLog = field(default_factory=SkipLog)


def list_images(path: Path, skip: bool = False) -> Listing:
    """Return the images at a path.

    Only folders and headers of tars are read; a compressed tar is read completely, once.

    Args:
        path: Folder or tar.
        skip: Whether files are left out that have the name of an image and cannot be one: links to nothing, devices,
            files that are too large, names that are not UTF-8.

    Raises:
        UserError: If the path does not exist or is neither a folder nor a tar, a tar is damaged or truncated, there are
            no images or no training part, the training part has only one class, or it is ambiguous what the parts are;
            without `skip`, for the first such file.
    """
    log = SkipLog(skip)
    try:
        grouped = _group(path, log)
    except OSError as error:
        raise UserError(f"{error.filename or path} cannot be read: {error.strerror or error}") from None
    parts = grouped.parts
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
    listed = {part: tuple(sorted(entries, key=_entry_name)) for part, entries in sorted(parts.items())}
    return Listing(listed, grouped.places, log)


def _group(path: Path, log: SkipLog) -> GroupedImages:
    if path.is_file():
        return group_by_part(path, _list_tar_images(path, log), log)
    if path.exists() and not path.is_dir():
        raise UserError(f"{path} is neither a folder nor a regular file")
    if not path.is_dir():
        raise UserError(f"there is no file or folder {path}")
    if shards := [file for file in sorted(path.iterdir()) if SHARD_NAME.fullmatch(file.name)]:
        return _group_shards(path, shards, log)
    entries, folders = _list_folder(path, log)
    _count_empty(folders, entries, log)
    return group_by_part(path, entries, log)


def _list_folder(path: Path, log: SkipLog) -> tuple[list[ImageEntry], list[str]]:
    """Return every image under a folder, without its label, and all folders."""
    entries, folders = [], []
    for walked in walk_folder(path):
        if walked.kind == "hidden":
            log.add("hidden files and folders", walked.name)
        elif walked.kind == "folder":
            folders.append(walked.name)
        elif not is_image_name(walked.entry.name):
            log.add("files that are no images", walked.name)
        elif problem := _file_problem(walked):
            log.add_unusable(problem, walked.name, walked.entry.path)
        else:
            entries.append(ImageEntry(walked.name, "", Path(walked.entry.path), 0, walked.entry.stat().st_size))
    return entries, folders


def _file_problem(walked: WalkedEntry) -> str | None:
    """Return why a file with the name of an image cannot be read as one, or None."""
    if not is_utf8(walked.name):
        return NOT_UTF8
    if not walked.entry.is_file():
        return "a link to nothing" if walked.entry.is_symlink() else "not a regular file"
    return size_problem(walked.entry.stat().st_size)


def _count_empty(folders: Iterable[str], entries: Iterable[ImageEntry], log: SkipLog) -> None:
    """Count the folders without an image in them or below."""
    occupied: set[str] = set()
    for entry in entries:
        folder = entry.name.rpartition("/")[0]
        while folder and folder not in occupied:
            occupied.add(folder)
            folder = folder.rpartition("/")[0]
    for name in sorted(folders):
        if name not in occupied:
            log.add("folders without images", name)


def _list_tar_images(tar: Path, log: SkipLog) -> list[ImageEntry]:
    """Return every image in a tar, with its label if the tar holds webdataset samples."""

    def check(file: TarEntry) -> None:
        if is_image_name(file.base_name) and not _is_hidden_path(file.name) and (problem := _tar_problem(file)):
            log.add_unusable(problem, file.name, f"{file.name} in {tar}")

    files = list_tar(tar, check)
    visible = [file for file in files if not _is_hidden_path(file.name)]
    labels = {_sample_key(file.name): file.text for file in visible if file.text is not None}
    entries = []
    for file in files:
        if _is_hidden_path(file.name):
            log.add("hidden files and folders", file.name)
        elif file.text is not None:
            continue
        elif not is_image_name(file.base_name):
            log.add("files that are no images", file.name)
        elif _tar_problem(file) is None:
            label = labels.get(_sample_key(file.name), "")
            if labels and not label:
                raise UserError(f"{tar}: {file.name} has no {_sample_key(file.name)}.cls with its class")
            entries.append(ImageEntry(file.name, label, tar, file.offset, file.size))
    return entries


def _tar_problem(file: TarEntry) -> str | None:
    if not is_utf8(file.name):
        return NOT_UTF8
    if not file.is_regular:
        return "a link or a sparse file; only regular files can be read"
    return size_problem(file.size)


def _is_hidden_path(name: str) -> bool:
    return any(is_hidden(word) for word in name.split("/"))


def _group_shards(path: Path, shards: Iterable[Path], log: SkipLog) -> GroupedImages:
    grouped = GroupedImages({}, {})
    for shard in shards:
        name = shard.name.partition("-")[0]
        part, place = part_of(name) or "", f"{name}-*.tar"
        if grouped.places.setdefault(part, place) != place:
            raise UserError(f"{path} has two names for the part {part}, {grouped.places[part]} and {place}; keep one")
        listed = _list_tar_images(shard, log)
        for entry in strip_folder(listed) or listed:
            if label := entry.label or entry.name.rpartition("/")[0].partition("/")[0]:
                named = replace(entry, name=f"{shard.name}/{entry.name}", label=label)
                grouped.parts.setdefault(part, []).append(named)
            else:
                log.add("images outside of class folders", f"{shard.name}/{entry.name}")
    for other in sorted(path.iterdir()):
        if not SHARD_NAME.fullmatch(other.name):
            log.add("files that are no shards of a part", make_printable(other.name))
    return grouped


def _sample_key(name: str) -> str:
    """Return the key of a webdataset sample: the path up to the first dot of the file name."""
    folder, slash, file_name = name.rpartition("/")
    return f"{folder}{slash}{file_name.partition('.')[0]}"


def _entry_name(entry: ImageEntry) -> str:
    return entry.name
