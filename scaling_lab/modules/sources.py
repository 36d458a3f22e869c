"""Where the source of a factory is: what this process has loaded, files that the user trusts, installed packages."""

from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path

from scaling_lab.errors import UserError, reported_as_user_error
from scaling_lab.modules.names import TIMM, TIMM_PREFIX, installed_factories, timm_version
from scaling_lab.modules.source import source_digest
from scaling_lab.modules.trust import trusted_files

_known: dict[tuple[str, str], str] = {}  # name and digest of each factory of this process: its place


def remember_source(name: str, digest: str, place: str) -> None:
    """Remember where a factory is, for results that name it."""
    _known[name, digest] = place


def find_source(name: str, digest: str) -> str:
    """Return where a factory is: a file or the name of a module.

    Args:
        name: Module and function, such as "my_nets.make_vgg".
        digest: Digest that its source must have.

    Raises:
        UserError: The user has named no such source in this process.
    """
    if (name, digest) in _known:
        return _known[name, digest]
    module, _, function = name.rpartition(".")
    files = [file for file in trusted_files() if file.stem == module and file.is_file()]
    for file in files:
        if source_digest(file) == digest:
            return str(file)
    for point in installed_factories().values():
        if (point.module, point.attr) == (module, function) and entry_point_digest(point) == digest:
            return point.module
    if module == TIMM and timm_version() == digest:
        return f"{TIMM_PREFIX}{function}"
    hint = f"{files[0]} has changed since" if files else f"name its file with --trust {module}.py"
    raise UserError(f"the source of the factory {name} (digest {digest}) is not known here; {hint}")


def entry_point_digest(point: EntryPoint) -> str:
    """Return the digest of an entry point's source. The module is found, not imported.

    Raises:
        UserError: There is no such module, or it has no source.
    """
    with reported_as_user_error(f"entry point {point.name} = {point.value}"):
        spec = find_spec(point.module)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        raise UserError(f"entry point {point.name} = {point.value}: there is no Python module {point.module}")
    return source_digest(Path(spec.origin))
