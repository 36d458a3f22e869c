"""Imports of a user's file: its own folder comes first, and no other such file's, also where names are the same."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from scaling_lab.modules.source import imported_files

PACKAGE = "scaling_lab"


@dataclass
class _LocalModules:
    """The modules in the folder of a file.

    Attributes:
        folder: Folder of the file.
        names: Names of the modules and packages in it that the file imports. The standard library goes first.
        modules: Those that were imported, and what is inside packages.
    """

    folder: str
    names: frozenset[str]
    modules: dict[str, ModuleType] = field(default_factory=dict)


_known: dict[tuple[Path, str], _LocalModules] = {}
_entered: list[_LocalModules] = []  # the last one
_added: list[str] = []  # folders that were put on sys.path here, after all others


@contextmanager
def local_modules(file: Path, digest: str) -> Iterator[None]:
    """Context manager: import the modules in the folder of a file, even if other modules have the same names.

    They can be imported later too, as by a `forward`, until this is entered for another file, unless a module that is
    in no such folder has their name.

    Args:
        file: Python file.
        digest: Digest of its source; edited code is imported again.
    """
    own = _known.get((file, digest)) or _known.setdefault((file, digest), _find_names(file))
    _collect_late()
    imported = (item for other in _known.values() if other is not own for item in other.modules.items())
    foreign = _take({name for name, module in imported if sys.modules.get(name) is module})
    hidden = _take({name for name in sys.modules if _top(name) in own.names})
    hidden = {name: module for name, module in hidden.items() if module is not own.modules.get(name)}
    before, folders = list(sys.path), {entry.folder for entry in _known.values()}
    sys.path[:] = [own.folder, *(path for path in before if path not in folders - {own.folder})]
    sys.modules.update(own.modules)
    try:
        yield
    finally:
        _entered[:] = [own]
        own.modules = _take({name for name in sys.modules if _top(name) in own.names})
        taken = {_top(name) for name in hidden}
        sys.modules.update({name: module for name, module in own.modules.items() if _top(name) not in taken})
        sys.modules.update(hidden | {name: module for name, module in foreign.items() if _top(name) not in own.names})
        if own.folder not in before:
            _added.append(own.folder)
        added = [path for path in before if path in _added and path != own.folder]
        last = [own.folder] if own.folder in _added else []
        sys.path[:] = [*(path for path in before if path not in (*added, *last)), *last, *added]


def _collect_late() -> None:
    """Sort what a `forward` has imported since into its folder: that of the file that was entered last, or another."""
    for name in [name for name in sys.modules if any(_top(name) in entry.names for entry in _known.values())]:
        place = getattr(sys.modules[name], "__file__", None)
        if place and not any(entry.modules.get(name) is sys.modules[name] for entry in _known.values()):
            for entry in (*_entered, *_known.values()):
                if _top(name) in entry.names and Path(place).is_relative_to(entry.folder):
                    entry.modules[name] = sys.modules[name]
                    break


def _find_names(file: Path) -> _LocalModules:
    names = {path.relative_to(file.parent).parts[0].removesuffix(".py") for path in imported_files(file)}
    return _LocalModules(str(file.parent), frozenset(names - sys.stdlib_module_names - {PACKAGE}))


def _take(names: set[str]) -> dict[str, ModuleType]:
    """Remove modules from those that were imported, and return them."""
    return {name: sys.modules.pop(name) for name in names if name in sys.modules}


def _top(name: str) -> str:
    return name.partition(".")[0]
