"""Decode JSON to the frozen dataclasses that it was written from, checking every field. No torch."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from scaling_lab.validation import is_number

MAX_DEPTH = 32  # of values whose type is open: the canonical form of a point, provenance, progress

Decoded = TypeVar("Decoded")


def decode(kind: type[Decoded], raw: Any) -> Decoded:
    """Return a `kind` from what `dataclasses.asdict` made of one. Fields with a default may be missing.

    Raises:
        ValueError: A field is missing, unknown or of another type. The message names it.
    """
    if not isinstance(raw, dict):
        raise ValueError(f"{kind.__name__} is a {type(raw).__name__}; must be an object")
    hints, required = _fields(kind)  # type: ignore[arg-type]
    if not required <= raw.keys() <= hints.keys():
        missing, unknown = sorted(required - raw.keys()), sorted(raw.keys() - hints.keys())
        problems = [f"missing fields {missing}"] * bool(missing) + [f"unknown fields {unknown}"] * bool(unknown)
        raise ValueError(f"{kind.__name__} has {' and '.join(problems)}")
    return kind(**{name: _value(f"{kind.__name__}.{name}", hints[name], value) for name, value in raw.items()})


@cache
def _fields(kind: type) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the type of each field, and the names of those without a default."""
    known, hints = fields(kind), get_type_hints(kind)
    return {field.name: hints[field.name] for field in known}, frozenset(
        field.name for field in known if field.default is MISSING and field.default_factory is MISSING
    )


def _value(name: str, kind: Any, raw: Any) -> Any:
    origin = get_origin(kind)
    if kind is Any:
        _check_depth(name, raw)
        return raw
    if origin is UnionType:
        member = NoneType if raw is None else next(part for part in get_args(kind) if part is not NoneType)
        return _value(name, member, raw)
    if origin is tuple and isinstance(raw, list):
        return tuple(_value(name, get_args(kind)[0], part) for part in raw)
    if is_dataclass(kind) and isinstance(kind, type):
        return decode(kind, raw)
    if kind is float and is_number(raw):
        return raw
    expected = dict if isinstance(origin, type) and issubclass(origin, Mapping) else kind
    if kind is float or origin is tuple or type(raw) is not expected:
        raise ValueError(f"{name} is {str(raw)[:40]!r}; must be a {getattr(expected, '__name__', expected)}")
    if expected is dict:
        _check_depth(name, raw)
    return raw


def _check_depth(name: str, raw: Any) -> None:
    level = [raw]
    for _ in range(MAX_DEPTH):
        parts = (part.values() if type(part) is dict else part for part in level if type(part) in (dict, list))
        if not (level := [part for several in parts for part in several if type(part) in (dict, list)]):
            return
    raise ValueError(f"{name} is nested in more than {MAX_DEPTH} levels")
