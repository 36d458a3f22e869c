"""A table of the page: cells ready to read, each with a class when it means something."""

from dataclasses import dataclass, field

NOTHING = "\N{EN DASH}"
GOOD, FAIR, BAD, SOFT = "good", "fair", "bad", "soft"
Cell = tuple[str, str]
"""Text and class."""


@dataclass(frozen=True)
class Group:
    """Rows under one heading."""

    name: str
    rows: list[list[Cell]]


@dataclass(frozen=True)
class Sheet:
    """A table: heads are a name and what it is measured in; the first cell of a row is its own head."""

    title: str
    heads: list[tuple[str, str]]
    groups: list[Group]
    note: str = ""
    folded: bool = False
    over: list[tuple[str, int]] = field(default_factory=list)
