"""Copy the files of several results folders into one; none is lost. No torch."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from scaling_lab.atomic import is_draft
from scaling_lab.store.names import failure_name, parse_failure_name, point_of_file
from scaling_lab.store.results import Store

MERGED_FOLDER = "merged"
"""Files of the sources that have no place in the merged folder, by the name of the source."""
PARTS = ("points", "checkpoints", "logs", "weights")


def copy_points(sources: Mapping[str, Store], target: Store, owners: Mapping[str, str]) -> int:
    """Copy results, failures, checkpoints, logs and weights.

    Args:
        sources: The folders by name, the first preferred.
        target: The merged folder.
        owners: Name of the folder whose files count, of each key of which that matters.

    Returns:
        Number of files that other folders have under the same name, with other content: they are in `MERGED_FOLDER`.
    """
    aside, failures = 0, dict[str, int]()
    for name, aside_folder, store in _with_places(sources, target):
        for part in PARTS:
            for path in _files(store.folder / part):
                relative = path.relative_to(store.folder)
                failure = parse_failure_name(path.name) if part == "points" else None
                if failure:
                    failures[failure.key] = failures.get(failure.key, 0) + 1
                    relative = Path(part, failure_name(failure.key, failures[failure.key]))
                key = _key_of(relative)
                is_other = key in owners and owners[key] != name and failure is None
                aside += _copy(path, target.folder / relative, aside_folder / relative, is_other)
    return aside


def copy_rest(sources: Mapping[str, Store], target: Store) -> None:
    """Copy every other file of the folders, except leases, to `MERGED_FOLDER`."""
    for _, aside_folder, store in _with_places(sources, target):
        for path in _files(store.folder):
            relative = path.relative_to(store.folder)
            if relative.parts[0] not in (*PARTS, store.leases.name):
                _copy_file(path, aside_folder / relative)


def _with_places(sources: Mapping[str, Store], target: Store) -> Iterator[tuple[str, Path, Store]]:
    """Yield the folders with their names and the place of what has none in the target, such as `merged/1-laptop`."""
    for number, (name, store) in enumerate(sources.items(), 1):
        yield name, target.folder / MERGED_FOLDER / f"{number}-{store.folder.absolute().name}", store


def _copy(path: Path, place: Path, aside: Path, is_other: bool) -> int:
    """Copy a file to its place, or aside if the place is taken by other content or belongs to another folder."""
    if place.exists() and place.read_bytes() == path.read_bytes():
        return 0
    is_aside = is_other or place.exists()
    _copy_file(path, aside if is_aside else place)
    return int(is_aside)


def _copy_file(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, place)


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, sorted, without drafts and what is in folders that are drafts."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(map(is_draft, path.relative_to(folder).parts)):
            yield path


def _key_of(relative: Path) -> str:
    """Return the key of the point that a file belongs to."""
    name = relative.parts[1]
    return point_of_file(name) or name.partition(".")[0]
