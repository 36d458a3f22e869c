"""Names of families that are code: `module` with a file, registered functions, entry points. Nothing is imported."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaling_lab.errors import UserError

if TYPE_CHECKING:
    from scaling_lab.modules.factory import Factory

ENTRY_POINTS = "scaling_lab.families"
MODULE, TIMM, TIMM_PREFIX = "module", "timm", "timm:"
CODE_GROUPS = (MODULE, TIMM)
"""Families that are code and that a setting chooses: `family.path`, `family.model`."""
_TARGETS = "scaling_lab.modules.families."


@dataclass(frozen=True)
class Registered:
    """A factory that was registered in this process, with its side and grid; None where they are inferred."""

    factory: "Factory"
    side: int | None
    grid: int | None


_registered: dict[str, Registered] = {}


def register_factory(name: str, registered: Registered) -> None:
    """Add a family to this process, in place of one of the same name."""
    _registered[name] = registered


def find_registered(name: str) -> Registered | None:
    """Return the registered family of a name; None if there is none."""
    return _registered.get(name)


@cache
def installed_factories() -> dict[str, EntryPoint]:
    """Return the entry points of installed packages by name of the family."""
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def code_names() -> list[str]:
    """Return the registered names and those of entry points."""
    return sorted({*_registered, *installed_factories()})


def code_content(name: str) -> dict[str, Any] | None:
    """Return the settings of a family that is code, as a file in conf/family would have them; None for other names.

    Args:
        name: `module`, a file and its function such as `my_nets.py:make_vgg`, `timm`, a model of timm such as
            `timm:convnext_atto`, or one of `code_names`.
    """
    path, colon, function = name.rpartition(":")
    if name == MODULE or (colon and path.endswith(".py")):
        settings = {"path": path or None, "factory": function if colon else "make", "side": None, "grid": None}
        return {"_target_": f"{_TARGETS}module_family", **settings}
    if name == TIMM or path == TIMM:
        settings = {"model": function if colon else None, "side": None, "grid": None}
        return {"_target_": f"{_TARGETS}timm_family", **settings}
    if name in code_names():
        return {"_target_": f"{_TARGETS}named_family", "name": name, "side": None, "grid": None}
    return None


def is_code(content: Any) -> bool:
    """Return whether the settings of a family are those of code."""
    return isinstance(content, Mapping) and str(content.get("_target_")).startswith(_TARGETS)


def code_label(content: Mapping[str, Any]) -> str | None:
    """Return a short name for the settings of a family that is a file or a model of timm; None for other families.

    It is `my_nets.make_vgg`, with the settings that are not the usual ones in brackets.
    """
    target, side, grid = content.get("_target_"), content.get("side"), content.get("grid")
    if target == f"{_TARGETS}module_family" and isinstance(content.get("path"), str):
        label = f"{Path(content['path']).stem}.{content.get('factory')}"
    elif target == f"{_TARGETS}timm_family" and isinstance(content.get("model"), str):
        label = f"{TIMM_PREFIX}{content['model']}"
    else:
        return None
    changes = [f"{name}={value}" for name, value in (("side", side), ("grid", grid)) if value is not None]
    return f"{label}({', '.join(changes)})" if changes else label


def timm_version() -> str:
    """Return the version of timm. Raises UserError if it is not installed."""
    if find_spec("timm") is None:
        raise UserError("families of timm need the package timm, which is not installed: pip install timm")
    return version("timm")
