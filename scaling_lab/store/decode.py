"""JSON back to the frozen dataclasses it was written from, every field checked: a file is not to be trusted."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from scaling_lab.validation import is_number

T = TypeVar("T")


def decode(kind: type[T], raw: Any) -> T:
    """A `kind` from what `dataclasses.asdict` made of one; a field with a default may be absent.

    Raises ValueError naming the field that is absent, unknown, or of another type.
    """
    if not isinstance(raw, dict):
        raise ValueError(f"{kind.__name__} must be an object, not {type(raw).__name__}")
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    absent = [name for name, field in known.items() if name not in raw and field.default is MISSING]
    unknown = sorted(set(raw) - set(known))
    if absent or unknown:
        raise ValueError(f"{kind.__name__} lacks {absent} and has unknown {unknown}")
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
        own = NoneType if raw is None else next(part for part in get_args(kind) if part is not NoneType)
        return _value(name, own, raw)
    if origin is tuple and isinstance(raw, list):
        return tuple(_value(name, get_args(kind)[0], part) for part in raw)
    if is_dataclass(kind) and isinstance(kind, type):
        return decode(kind, raw)
    if kind is float and is_number(raw):
        return raw
    expected = dict if isinstance(origin, type) and issubclass(origin, Mapping) else kind
    if kind is float or origin is tuple or type(raw) is not expected:
        raise ValueError(f"{name} is {str(raw)[:40]!r}; it must be a {getattr(expected, '__name__', expected)}")
    return raw
