"""Imports of a user's file: its own folder comes first, and no other such file's, also where names are the same."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from scaling_lab.modules.source import imported_files


@dataclass
class _Beside:
    """The modules beside a file.

    Attributes:
        folder: Folder of the file.
        names: Names of the modules and packages in it that the file imports. The standard library goes first.
        modules: Those that were imported, and what is inside packages.
    """

    folder: str
    names: frozenset[str]
    modules: dict[str, ModuleType] = field(default_factory=dict)


_known: dict[tuple[Path, str], _Beside] = {}


@contextmanager
def modules_beside(file: Path, digest: str) -> Iterator[None]:
    """Context manager: import the modules beside a file, whatever else has their names.

    They can be imported later too, unless another module has their name.

    Args:
        file: Python file.
        digest: Digest of its source; edited code is imported anew.
    """
    own = _known.get((file, digest)) or _known.setdefault((file, digest), _find_names(file))
    others = [other for other in _known.values() if other is not own]
    hidden = _take({name for name in sys.modules if _top(name) in own.names})
    imported = (item for other in others for item in other.modules.items())
    foreign = _take({name for name, module in imported if sys.modules.get(name) is module})
    folders = [each.folder for each in others if each.folder != own.folder and each.folder in sys.path]
    sys.path[:] = [own.folder, *(path for path in sys.path if path not in folders)]
    sys.modules.update(own.modules)
    try:
        yield
    finally:
        own.modules = _take({name for name in sys.modules if _top(name) in own.names})
        taken = {_top(name) for name in hidden}
        sys.modules.update({name: module for name, module in own.modules.items() if _top(name) not in taken})
        sys.modules.update(hidden | {name: module for name, module in foreign.items() if name not in sys.modules})
        sys.path.remove(own.folder)
        sys.path += [folder for folder in dict.fromkeys([*folders, own.folder]) if folder not in sys.path]


def _find_names(file: Path) -> _Beside:
    names = {path.relative_to(file.parent).parts[0].removesuffix(".py") for path in imported_files(file)}
    return _Beside(str(file.parent), frozenset(names - sys.stdlib_module_names))


def _take(names: set[str]) -> dict[str, ModuleType]:
    """Remove modules from those that were imported, and return them."""
    return {name: sys.modules.pop(name) for name in names if name in sys.modules}


def _top(name: str) -> str:
    return name.partition(".")[0]
