"""Notes on the method below printed comparisons, not repeated while they are the same."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


class MethodNotes:
    """Print sentences below comparisons, without those that the comparison before had.

    Args:
        console: Where they are printed.
    """

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._last: dict[str, Sequence[str]] = {}

    def print(self, kind: str, sentences: Sequence[str]) -> None:
        """Print the sentences that the last comparison of the kind lacked."""
        for sentence in sentences:
            if sentence not in self._last.get(kind, ()):
                self._console.print(sentence)
        self._last[kind] = sentences
