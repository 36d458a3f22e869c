"""The output streams of a command: writing never fails, and every character can be written.

What a stream's encoding lacks becomes ASCII, control characters become visible, and output that cannot be written, to
a closed pipe or a full disk, is discarded: no work is lost for it.
"""

import codecs
import io
import os
import re
import select
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

ASCII_EQUIVALENTS = {
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{PLUS-MINUS SIGN}": "+/-",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{ALMOST EQUAL TO}": "~",
    "\N{MIDDLE DOT}": "*",
    "\N{BULLET}": "*",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
}
ENCODE_ERRORS = "scaling_lab.ascii"  # name of the error handler
# Characters that move the cursor, start escape sequences or reverse the direction of text.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# On a terminal, also the sequences that rich writes: styles, and what redraws a live table.
CONTROLS_OF_TERMINALS = re.compile(rf"(\x1b\[[0-9;?]*[a-zA-Z]|\r)|{CONTROLS.pattern}")


def to_ascii(text: str) -> str:
    r"""Return a text in ASCII: known equivalents, letters without accents, and `\u4e2d` for the rest."""
    plain = "".join(ASCII_EQUIVALENTS.get(character, character) for character in text)
    parts = (unicodedata.normalize("NFKD", character) for character in plain)
    ascii_parts = (part.encode("ascii", "ignore").decode() for part in parts)
    return "".join(
        part or character.encode("ascii", "backslashreplace").decode()
        for part, character in zip(ascii_parts, plain, strict=True)
    )


def escape_controls(text: str, on_terminal: bool = False) -> str:
    r"""Return a text in which control characters are visible, as `\x1b`.

    Args:
        text: the text.
        on_terminal: keep the sequences that `rich` writes to a terminal.
    """
    if not on_terminal:
        return CONTROLS.sub(lambda match: _visible(match[0]), text)
    return CONTROLS_OF_TERMINALS.sub(lambda match: match[1] or _visible(match[0]), text)


def _visible(character: str) -> str:
    return character.encode("unicode_escape").decode()


@contextmanager
def guarded_streams() -> Iterator["list[OSError]"]:
    """Context manager: guard stdout and stderr, and yield the list of the reasons for which output was discarded.

    Streams that something else has replaced, such as a notebook, are left alone.
    """
    _open_closed_descriptors()
    codecs.register_error(ENCODE_ERRORS, _encode_as_ascii)
    errors: list[OSError] = []
    before = {"stdout": sys.stdout, "stderr": sys.stderr}
    try:
        for number, (name, stream) in enumerate(before.items(), start=1):
            if stream is getattr(sys, f"__{name}__"):
                setattr(sys, name, _GuardedStream(number, stream, errors))
        yield errors
    finally:
        for name, stream in before.items():
            if isinstance(guarded := getattr(sys, name), _GuardedStream):
                guarded.flush()
            setattr(sys, name, stream)


class _GuardedStream(io.TextIOWrapper):
    """Text stream of a file descriptor.

    Args:
        number: file descriptor, used if there is no stream.
        stream: the stream that this one replaces; None if the descriptor was closed.
        errors: list to which the reasons for discarded output are added.
    """

    def __init__(self, number: int, stream: TextIO | None, errors: list[OSError]) -> None:
        if stream is not None:
            stream.flush()
            number = stream.fileno()
        self._is_terminal = os.isatty(number)
        super().__init__(
            io.BufferedWriter(_Descriptor(number, errors)),
            encoding=stream.encoding if stream is not None else "utf-8",
            errors=ENCODE_ERRORS,
            line_buffering=self._is_terminal or number == 2 or getattr(stream, "line_buffering", False),
            write_through=getattr(stream, "write_through", False),
        )

    def write(self, text: str) -> int:
        """Write a text with visible control characters."""
        return super().write(escape_controls(text, self._is_terminal))


class _Descriptor(io.RawIOBase):
    """Writes to a file descriptor; once that fails, further bytes are discarded."""

    def __init__(self, number: int, errors: list[OSError]) -> None:
        self._number, self._errors = number, errors

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._number

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return os.isatty(self._number)

    def write(self, content: "io.ReadableBuffer") -> int:  # type: ignore[name-defined]
        """Write bytes, or discard them."""
        while True:
            try:
                return os.write(self._number, content)
            except BlockingIOError:  # another process has made the pipe non-blocking
                select.select([], [self._number], [])
            except OSError as error:
                self._errors.append(error)
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._number)


def _encode_as_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return to_ascii(error.object[error.start : error.end]), error.end


def _open_closed_descriptors() -> None:
    """Open the null device in place of closed standard streams: the next file would take their numbers."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
