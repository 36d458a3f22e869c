"""Decode JSON to the frozen dataclasses that it was written from, checking every field. No torch."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from scaling_lab.validation import is_number

MAX_DEPTH = 32  # of values whose type is open: the canonical form of a point, provenance, progress

Decoded = TypeVar("Decoded")
Reader = Callable[[str, Any], Any]


def decode(kind: type[Decoded], raw: Any) -> Decoded:
    """Return a `kind` from what `dataclasses.asdict` made of one. Fields with a default may be missing.

    Raises:
        ValueError: A field is missing, unknown or of another type. The message names it.
    """
    if not isinstance(raw, dict):
        raise ValueError(f"{kind.__name__} is a {type(raw).__name__}; must be an object")
    readers, required = _fields(kind)  # type: ignore[arg-type]
    if not required <= raw.keys() <= readers.keys():
        missing, unknown = sorted(required - raw.keys()), sorted(raw.keys() - readers.keys())
        problems = [f"missing fields {missing}"] * bool(missing) + [f"unknown fields {unknown}"] * bool(unknown)
        raise ValueError(f"{kind.__name__} has {' and '.join(problems)}")
    return kind(**{name: readers[name](f"{kind.__name__}.{name}", value) for name, value in raw.items()})


@cache
def _fields(kind: type) -> tuple[dict[str, Reader], frozenset[str]]:
    """Return the reader of each field, and the names of those without a default."""
    known, hints = fields(kind), get_type_hints(kind)
    return {field.name: _make_reader(hints[field.name]) for field in known}, frozenset(
        field.name for field in known if field.default is MISSING and field.default_factory is MISSING
    )


@cache
def _make_reader(kind: Any) -> Reader:
    """Return the function that checks a value of a type and converts it, given its name for messages.

    It is made once for each type, because a study has a million values.
    """
    origin = get_origin(kind)
    if kind is Any:
        return _read_any
    if origin is UnionType:
        member = _make_reader(next(part for part in get_args(kind) if part is not NoneType))
        return lambda name, raw: None if raw is None else member(name, raw)
    if origin is tuple:
        part = _make_reader(get_args(kind)[0])
        return lambda name, raw: (
            tuple(part(name, value) for value in raw) if isinstance(raw, list) else _refuse(name, kind, raw)
        )
    if is_dataclass(kind) and isinstance(kind, type):
        return lambda _, raw: decode(kind, raw)
    if kind is float:
        return lambda name, raw: raw if is_number(raw) else _refuse(name, kind, raw)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return lambda name, raw: _read_any(name, raw) if type(raw) is dict else _refuse(name, dict, raw)
    return lambda name, raw: raw if type(raw) is kind else _refuse(name, kind, raw)


def _read_any(name: str, raw: Any) -> Any:
    _check_depth(name, raw)
    return raw


def _refuse(name: str, expected: Any, raw: Any) -> NoReturn:
    raise ValueError(f"{name} is {str(raw)[:40]!r}; must be a {getattr(expected, '__name__', expected)}")


def _check_depth(name: str, raw: Any) -> None:
    level = [raw]
    for _ in range(MAX_DEPTH):
        parts = (part.values() if type(part) is dict else part for part in level if type(part) in (dict, list))
        if not (level := [part for several in parts for part in several if type(part) in (dict, list)]):
            return
    raise ValueError(f"{name} is nested in more than {MAX_DEPTH} levels")
