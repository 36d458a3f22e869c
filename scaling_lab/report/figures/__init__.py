"""Table to figure, one file a figure. No torch.

A figure is a module here with `TITLE`, `ALT` (what is seen, in words), `MEASURED` (whether it needs finished results),
`draw(table) -> Figure` and `caption(table) -> str`. Writing the file is all it takes to be in every report. A figure
that says nothing of some tables has `shown(table) -> bool` too, and is left out of their reports.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any


def load_figures() -> dict[str, Any]:
    """The figure modules by name, in alphabetical order."""
    modules = {found.name: import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)}
    return {name: modules[name] for name in sorted(modules) if hasattr(modules[name], "draw")}
