"""`lab.register`: a function that builds modules, as a network family of this process."""

import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scaling_lab.api.arguments import require_type, to_plain_number
from scaling_lab.config import registry
from scaling_lab.errors import UserError
from scaling_lab.modules.factory import Factory
from scaling_lab.modules.families import family_of
from scaling_lab.modules.names import CODE_GROUPS, Registered, code_names, register_factory
from scaling_lab.modules.source import source_digest

NAME = re.compile(r"[A-Za-z]\w*")


def register(name: str, make: Callable[..., Any], *, side: int | None = None, grid: int | None = None) -> None:
    """Add a function that builds modules to the network families of this process.

    Every function of this package takes the name from then on. Workers import the function, so it must be in a file of
    its own or in an installed package, not in the script that runs.

    Args:
        name: Name of the family: letters, digits and underscores.
        make: Function make(depth, width, resolution, classes) that returns a torch.nn.Module. It may also take
            channels, dropout and drop_path.
        side: Side of the baseline's images in pixels; None is the default of the parameter `resolution`.
        grid: Grid of the sides that a rule may take; None is the total stride, as the sizes of the maps show it.

    Raises:
        UserError: The name is another family's, workers cannot import the function, or what it builds is no classifier
            or cannot be counted.
    """
    require_type("name", name, str, "the name of a family")
    if not NAME.fullmatch(name):
        raise UserError(f"name is {name!r}; must be letters, digits and underscores, beginning with a letter")
    if name in CODE_GROUPS or name in set(registry.list_names("family")) - set(code_names()):
        raise UserError(f"name is {name!r}, which is a family of conf/family already; choose another")
    registered = Registered(_importable(make), to_plain_number(side), to_plain_number(grid))
    try:
        family_of(registered.factory, registered.side, registered.grid)
    except ValueError as error:
        raise UserError(f"family {name}: {error}") from None
    register_factory(name, registered)


def _importable(make: Callable[..., Any]) -> Factory:
    """Return the factory. Raises UserError unless another process can import it."""
    module_name, function = str(getattr(make, "__module__", "")), getattr(make, "__qualname__", None)
    module = sys.modules.get(module_name)
    if not callable(make) or function is None or module is None:
        raise UserError(f"make is {str(make)[:80]!r}; must be a function that is defined in a module")
    if module_name == "__main__" or getattr(module, function, None) is not make:
        reason = "is defined in the script that runs" if module_name == "__main__" else "is no function of its module"
        raise UserError(
            f"make is {function}, which {reason}, and workers cannot import it; put it into a file of its own, such as "
            "my_nets.py, and import it from there"
        )
    source = inspect.getsourcefile(module)
    if source is None:
        raise UserError(f"make is {function} of {module_name}, which has no source file")
    path = Path(source).resolve()
    place = str(path) if "." not in module_name and path.name != "__init__.py" else module_name
    return Factory(f"{module_name}.{function}", source_digest(path), place=place)
