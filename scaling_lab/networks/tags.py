"""Explicit tags of the classes that enter result keys."""

from collections.abc import Callable
from typing import TypeVar

TaggedClass = TypeVar("TaggedClass", bound=type)

TAGS: dict[str, type] = {}


class UntaggedClassError(TypeError):
    """A class without a tag of its own is part of a point, so the point has no key."""


def tagged(tag: str) -> Callable[[TaggedClass], TaggedClass]:
    """Return a class decorator that gives a class the name under which it enters result keys.

    The tag, not the class name, is hashed: a class may be renamed or moved, and two classes can never be mistaken for
    one another. Never change the tag of a class whose results are stored.

    Args:
        tag: Name that no other class has.

    Raises:
        TypeError: Another class already has the tag.
    """

    def register(cls: TaggedClass) -> TaggedClass:
        if (owner := TAGS.setdefault(tag, cls)) is not cls:
            raise TypeError(
                f"tag {tag!r} of {_full_name(cls)} is already the tag of {_full_name(owner)}; choose another"
            )
        cls.tag = tag  # type: ignore[attr-defined]
        return cls

    return register


def tag_of(value: object) -> str:
    """Return the tag of a value's class. A tag is not inherited.

    Raises:
        UntaggedClassError: The class has no tag of its own.
    """
    cls = type(value)
    tag = cls.__dict__.get("tag")
    if not isinstance(tag, str) or TAGS.get(tag) is not cls:
        raise UntaggedClassError(
            f"{_full_name(cls)} has no tag; decorate it with @tagged(...) of scaling_lab.networks.tags"
        )
    return tag


def _full_name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
