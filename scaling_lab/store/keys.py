"""Canonical form of a value and the result key made from it. No torch."""

import hashlib
import json
from dataclasses import MISSING, Field, fields, is_dataclass
from math import isfinite
from typing import Any

from scaling_lab.networks.tags import tag_of

KEY_LENGTH = 16
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_form(value: Any) -> Any:
    """Return the JSON-ready form of a value from which its key is made.

    A dataclass becomes an object with its tag (`networks.tags`) under "is". Fields at their default are left out, so
    that adding a field with a default changes no existing key, and so are fields that do not count in comparisons.
    Floats without a fraction become integers.

    Raises:
        ValueError: A number is not finite.
        TypeError: A type has no canonical form, such as a dataclass without a tag.
    """
    if is_dataclass(value) and not isinstance(value, type):
        compared = (field for field in fields(value) if field.compare and not _at_default(value, field))
        changed = {field.name: getattr(value, field.name) for field in compared}
        return {"is": tag_of(value)} | {name: canonical_form(part) for name, part in changed.items()}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError(f"{value} has no canonical form; numbers must be finite")
        return int(value) if value.is_integer() else value
    if isinstance(value, tuple | list):
        return [canonical_form(part) for part in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def result_key(value: Any) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a value's canonical form."""
    return form_key(canonical_form(value))


def form_key(form: Any) -> str:
    """Return the key of a value from its canonical form."""
    return form_digest(form)[:KEY_LENGTH]


def form_digest(form: Any) -> str:
    """Return the SHA-256 of a JSON-ready value, which does not depend on the order of its fields."""
    return hashlib.sha256(_ENCODER.encode(form).encode()).hexdigest()


def _at_default(value: Any, field: Field[Any]) -> bool:
    return field.default is not MISSING and bool(getattr(value, field.name) == field.default)
