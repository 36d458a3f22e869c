"""What was read of a dataset: its parts, classes and sizes, and the files that were left out with the reason.

Typed values for the plan to print. They are not part of a dataset's fingerprint.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from scaling_lab.errors import UserError
from scaling_lab.formatting import DOTS, make_printable, pluralize

Part = Literal["train", "held_out", "test"]
PARTS: tuple[Part, ...] = ("train", "held_out", "test")
MAX_CLASSES = 5  # names of classes in a line
MAX_NAME = 20  # characters of a class's name


@dataclass(frozen=True)
class SkippedFiles:
    """Files that were left out for one reason.

    Attributes:
        reason: Why, such as "not an image".
        count: Number of files; a hidden folder counts as one.
        example: Name of the first one.
    """

    reason: str
    count: int
    example: str


@dataclass(frozen=True)
class Origin:
    """Where the parts of a dataset come from.

    Attributes:
        parts: Folder or other origin of each part, in words.
        sides: Smallest and largest shorter side of the original images in pixels, if known.
        skipped: Files that were left out.
    """

    parts: Mapping[Part, str] = field(default_factory=dict)
    sides: tuple[int, int] | None = None
    skipped: tuple[SkippedFiles, ...] = ()

    def summarize_parts(self, sizes: Mapping[Part, int]) -> "tuple[PartSummary, ...]":
        """Return the parts with these numbers of images."""
        return tuple(PartSummary(part, images, self.parts.get(part, "")) for part, images in sizes.items())


@dataclass(frozen=True)
class PartSummary:
    """A part of a dataset.

    Attributes:
        part: Name of the part.
        images: Number of images.
        origin: Where they come from, in words; "" if it goes without saying.
    """

    part: Part
    images: int
    origin: str


@dataclass(frozen=True)
class DatasetSummary:
    """What was read of a dataset. `dataset.summary` returns it, for images in memory and streamed ones.

    Attributes:
        name: Name of the dataset.
        parts: Training, held-out and test part.
        classes: Number of classes.
        class_names: Names of the classes, if known.
        channels: Number of color channels.
        side: Side in pixels of the images, or the largest that a network may have.
        original_sides: Smallest and largest shorter side of the original images, if known.
        skipped: Files that were left out.
    """

    name: str
    parts: tuple[PartSummary, ...]
    classes: int
    class_names: tuple[str, ...]
    channels: int
    side: int
    original_sides: tuple[int, int] | None
    skipped: tuple[SkippedFiles, ...]

    def lines(self) -> list[str]:
        """Return it as text: a line of numbers, then where each part comes from, and what was left out by reason."""
        images = ", ".join(f"{part.images:,} {part.part.replace('_', '-')}" for part in self.parts)
        shape = f"{self._sides()}, {pluralize(self.channels, 'channel')}"
        lines = [f"{self.name}: {images} images; {self.classes:,} classes{self._class_names()}; {shape}"]
        lines += [f"  {part.part.replace('_', '-')}: {part.origin}" for part in self.parts if part.origin]
        lines += [f"  left out: {group.reason} ({group.count:,}, such as {group.example})" for group in self.skipped]
        return lines

    def _class_names(self) -> str:
        short = [name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}{DOTS}" for name in self.class_names]
        more = len(short) - MAX_CLASSES
        listed = ", ".join(map(make_printable, short[:MAX_CLASSES])) + (f" and {more} more" if more > 0 else "")
        return f" ({listed})" if short else ""

    def _sides(self) -> str:
        if self.original_sides is None or self.original_sides == (self.side, self.side):
            return f"{self.side} px"
        low, high = self.original_sides
        return f"{self.side} px, resized from {low if low == high else f'{low} to {high}'} px"


class SkipLog:
    """Collects the files that are left out, by reason.

    Args:
        skip: Whether files that cannot be used are left out too; otherwise the first one raises.

    Attributes:
        unusable: Name and reason of those files.
    """

    def __init__(self, skip: bool = False) -> None:
        self.unusable: list[tuple[str, str]] = []
        self._skip = skip
        self._counts: dict[str, SkippedFiles] = {}

    def add(self, reason: str, name: str, count: int = 1) -> None:
        """Count files that are no images of the dataset."""
        before = self._counts.get(reason, SkippedFiles(reason, 0, make_printable(name)))
        self._counts[reason] = SkippedFiles(reason, before.count + count, before.example)

    def add_unusable(self, reason: str, name: str, place: str) -> None:
        """Count an image that cannot be used. Raises UserError unless such images are skipped."""
        if not self._skip:
            raise unusable_error(make_printable(place), reason)
        self.unusable.append((make_printable(name), reason))

    def skipped(self) -> tuple[SkippedFiles, ...]:
        """Return what was left out, by reason; all unusable images together."""
        groups = tuple(self._counts.values())
        if not self.unusable:
            return groups
        name, reason = self.unusable[0]
        return (*groups, SkippedFiles("corrupt images", len(self.unusable), f"{name} ({reason})"))


def unusable_error(place: str, reason: str) -> UserError:
    """Return the error for an image that cannot be used, at a place such as its path."""
    return UserError(f"{place} is corrupt: {reason}; dataset.corrupt=skip leaves such images out")


def is_utf8(name: str) -> bool:
    """Return whether a file name is valid UTF-8; Python represents other bytes as lone surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
