"""The files of the user's own code that may be run. Only the user adds one, on the command line or from Python."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scaling_lab.errors import UserError

_trusted: set[Path] = set()


def trust_file(path: str | Path) -> None:
    """Allow this process to run a file."""
    _trusted.add(Path(path).expanduser().resolve())


def trusted_files() -> frozenset[Path]:
    """Return the files that this process may run."""
    return frozenset(_trusted)


def require_trust(path: Path) -> None:
    """Raise UserError unless the user has allowed this file to be run."""
    if path not in _trusted:
        raise UserError(f"{path} is code; it is run only with trust=true, or --trust {path.name}, on the command line")


def trust_settings(family: Any) -> None:
    """Allow this process to run the file that the settings of a family name, if they name one."""
    if isinstance(family, Mapping) and isinstance(family.get("path"), str):
        trust_file(family["path"])
