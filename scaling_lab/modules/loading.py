"""Load the function of a factory: from a file that the user trusts, or from an installed module."""

import sys
from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from scaling_lab.errors import UserError, reported_as_user_error, unknown_name
from scaling_lab.modules.imports import local_modules
from scaling_lab.modules.names import TIMM_PREFIX
from scaling_lab.modules.source import source_digest
from scaling_lab.modules.timm_models import timm_factory


@cache
def load_function(place: str, name: str, digest: str) -> Callable[..., Any]:
    """Return a function of a file or of an installed module.

    Args:
        place: File, name of a module, or `timm:` and a model.
        name: Module and function, such as "my_nets.make_vgg".
        digest: Digest that the source must have.

    Raises:
        UserError: The source has changed, raises when imported, or has no such function.
    """
    function = name.rpartition(".")[2]
    if place.startswith(TIMM_PREFIX):
        return timm_factory(place.removeprefix(TIMM_PREFIX))
    path = Path(place)
    if path.suffix == ".py":
        if (present := source_digest(path)) != digest:
            raise UserError(f"{path} has changed: its digest is {present}, not {digest}; plan again")
        module = _import_file(path, digest)
    else:
        with reported_as_user_error(f"module {place}"):
            module = import_module(place)
    value = getattr(module, function, None)
    if not callable(value):
        names = [key for key, attribute in vars(module).items() if callable(attribute) and not key.startswith("_")]
        own = [key for key in names if getattr(getattr(module, key), "__module__", "") == module.__name__]
        raise unknown_name(f"factory of {path.name}", function, own)
    loaded: Callable[..., Any] = value
    return _with_local_modules(path, digest, loaded) if path.suffix == ".py" else loaded


def _with_local_modules(path: Path, digest: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that, when it is called, imports the modules in the folder of its file."""

    @wraps(function)
    def call(*arguments: Any, **settings: Any) -> Any:
        with local_modules(path, digest):
            return function(*arguments, **settings)

    return call


@cache
def _import_file(path: Path, digest: str) -> ModuleType:
    """Import a file under its name and digest."""
    spec = spec_from_file_location(f"{path.stem}_{digest}", path)
    if spec is None or spec.loader is None:
        raise UserError(f"{path} is no Python module")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        with reported_as_user_error(f"file {path}"), local_modules(path, digest):
            spec.loader.exec_module(module)
    except UserError:
        del sys.modules[spec.name]
        raise
    return module
