"""Decode JSON to the frozen dataclasses that it was written from, checking every field. No torch."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from scaling_lab.validation import is_number

Decoded = TypeVar("Decoded")


def decode(kind: type[Decoded], raw: Any) -> Decoded:
    """Return a `kind` from what `dataclasses.asdict` made of one. Fields with a default may be missing.

    Raises:
        ValueError: A field is missing, unknown or of another type. The message names it.
    """
    if not isinstance(raw, dict):
        raise ValueError(f"{kind.__name__} is a {type(raw).__name__}; must be an object")
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    missing = [name for name, field in known.items() if name not in raw and field.default is MISSING]
    unknown = sorted(set(raw) - set(known))
    if missing or unknown:
        problems = [f"missing fields {missing}"] * bool(missing) + [f"unknown fields {unknown}"] * bool(unknown)
        raise ValueError(f"{kind.__name__} has {' and '.join(problems)}")
    hints = _hints(kind)  # type: ignore[arg-type]
    return kind(**{name: _value(f"{kind.__name__}.{name}", hints[name], value) for name, value in raw.items()})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(name: str, kind: Any, raw: Any) -> Any:
    origin = get_origin(kind)
    if kind is Any:
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
    return raw
