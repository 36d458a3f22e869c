"""`scaling-lab cache`: the decoded datasets on this machine, their sizes, and how to remove them."""

import argparse
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from scaling_lab.cli.arguments import make_parser
from scaling_lab.errors import UserError, unknown_name

_EXAMPLES = """\
scaling-lab cache                          datasets, sizes, last use
scaling-lab cache --clear                  remove all decoded images
scaling-lab cache --clear "image_folder(flowers, 64 px)" """


def add_cache(commands: Any) -> None:
    """Add the parser of `cache`."""
    parser = make_parser(commands, "cache", "list or remove decoded datasets", _EXAMPLES)
    parser.set_defaults(command=run_cache)
    parser.add_argument("names", nargs="*", metavar="NAME", help="with --clear: only these datasets")
    parser.add_argument("--folder", help="cache folder, as dataset.cache=...; default: that of this user")
    parser.add_argument("--clear", action="store_true", help="remove decoded images; downloads stay")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run_cache(options: argparse.Namespace) -> None:
    """Print the datasets of the cache, or remove them.

    Raises:
        UserError: If a name is not in the cache, or the folder cannot be read.
    """
    from scaling_lab.data.files.cache import cache_folder

    root = cache_folder(options.folder)
    if options.names and not options.clear:
        raise UserError(f"{options.names[0]!r} is given without --clear; names choose what --clear removes")
    try:
        _clear(root, options.names) if options.clear else _list(root, options.json)
    except OSError as error:
        raise UserError(f"cache folder {root} cannot be read: {error.strerror}") from None


def _clear(root: Path, names: list[str]) -> None:
    from scaling_lab.data.files.cache_space import clear_cache, list_cache

    existing = {entry.name for entry in list_cache(root)}
    for name in names:
        if name not in existing:
            raise unknown_name("dataset of the cache", name, existing)
    removed, used = clear_cache(root, names)
    print(f"removed {len(removed)} of {len(removed) + len(used)}, {_gigabytes(sum(entry.size for entry in removed))}")
    for entry in used:
        print(f"in use, not removed: {entry.name} in {entry.folder}")


def _list(root: Path, as_json: bool) -> None:
    from scaling_lab.data.files.cache_space import LIMIT_VARIABLE, cache_limit, list_cache
    from scaling_lab.formatting import align_columns

    entries = list_cache(root)[::-1]
    if as_json:
        fields = ("name", "size", "last_used", "is_draft")
        print(json.dumps([{**{key: getattr(e, key) for key in fields}, "folder": str(e.folder)} for e in entries]))
        return
    if entries:
        rows = [
            [
                f"{entry.name} (incomplete)" if entry.is_draft else entry.name,
                _gigabytes(entry.size),
                f"{datetime.fromtimestamp(entry.last_used):%Y-%m-%d %H:%M}",
                entry.folder.name,
            ]
            for entry in entries
        ]
        print("\n".join(align_columns([["dataset", "size", "last used", "folder"], *rows], [0, 2, 3])))
    total = _gigabytes(sum(entry.size for entry in entries))
    print(f"{total} in {root}, limit {cache_limit() / 1e9:g} GB ({LIMIT_VARIABLE})")
    downloads = sum(file.stat().st_size for file in (root / "downloads").rglob("*") if file.is_file())
    if downloads:
        print(f"downloads: {_gigabytes(downloads)} in {root / 'downloads'}, which --clear keeps")


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
