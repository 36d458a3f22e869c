"""The inverse of `keys.canonical_form`: from the JSON of a result's point back to the value. No torch.

Only classes with a tag are built, each by its constructor with checked fields; nothing in the JSON is executed. The
key of the rebuilt point must be that of the result.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from scaling_lab.modules import factory as _factory  # noqa: F401 - its tag
from scaling_lab.networks import families
from scaling_lab.networks.tags import TAGS
from scaling_lab.store.schema import Point, Result


def rebuild_point(result: Result) -> Point:
    """Return the point of a result.

    Raises:
        ValueError: The recorded point is incomplete, has a class that is not known, or has another key.
    """
    _import_families()
    point = rebuild(result.point)
    if not isinstance(point, Point):
        raise ValueError(f"the recorded point of {result.key} is a {type(point).__name__}")
    if point.key != result.key:
        raise ValueError(f"the recorded point of {result.key} has the key {point.key}")
    return point


def rebuild(raw: Any) -> Any:
    """Return the value of which `raw` is the canonical form. Fields that are left out have their default.

    Raises:
        ValueError: A tag or a field is unknown, a field is missing, or a value has another type than its field.
    """
    if isinstance(raw, Mapping):
        return _rebuild_class(raw)
    if isinstance(raw, list):
        return tuple(rebuild(part) for part in raw)
    return raw


def _rebuild_class(raw: Mapping[str, Any]) -> Any:
    tag = raw.get("is")
    cls = TAGS.get(tag) if isinstance(tag, str) else None
    if cls is None or not is_dataclass(cls):
        raise ValueError(f"unknown tag {tag!r}: import the module that defines this class first")
    known = {field.name: field for field in fields(cls)}
    given = {name: rebuild(value) for name, value in raw.items() if name != "is"}
    if unknown := sorted(given.keys() - known):
        raise ValueError(f"{tag} has unknown fields {', '.join(unknown)}")
    if missing := [n for n, f in known.items() if n not in given and f.default is MISSING]:
        raise ValueError(f"{tag} lacks {', '.join(missing)}")
    for name, value in given.items():
        if not _fits(value, _hints(cls)[name]):
            raise ValueError(f"{tag}.{name} is {str(value)[:60]!r}; must be a {_hints(cls)[name]}")
    return cls(**given)


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _fits(value: Any, hint: Any) -> bool:
    """Return whether a value can be that of a field. A float without a fraction was stored as an integer."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, part) for part in arguments)
    if origin is Literal:
        return any(type(value) is type(choice) and value == choice for choice in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(part, arguments[0]) for part in value)
    if hint is float:
        return type(value) in (int, float)
    if hint in (int, bool, str):
        return type(value) is hint
    if hint in (None, type(None)):
        return value is None
    if is_dataclass(hint) and isinstance(hint, type):
        return isinstance(value, hint)
    return is_dataclass(value)  # a protocol, such as Block


@cache
def _import_families() -> None:
    """Import every family, whose blocks have tags."""
    for module in iter_modules(families.__path__):
        import_module(f"{families.__name__}.{module.name}")
