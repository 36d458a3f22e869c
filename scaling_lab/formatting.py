"""Format numbers, lists and names as text."""

import shlex
from collections.abc import Collection, Iterable, Sequence

TIMES = "\N{MULTIPLICATION SIGN}"
MINUS = "\N{MINUS SIGN}"
DOTS = "\N{HORIZONTAL ELLIPSIS}"
DOT = "\N{MIDDLE DOT}"


def format_points(share: float, digits: int = 1) -> str:
    """Return a share as percentage points, with a minus sign (U+2212)."""
    return f"{round(100 * share, digits) + 0.0:.{digits}f}".replace("-", MINUS)


def format_signed_points(share: float) -> str:
    """Return a share as percentage points with sign and two digits; zero has no sign."""
    return format_signed(100 * share, 2)


def format_signed(value: float, digits: int) -> str:
    """Return a number with sign and a minus sign (U+2212); zero has no sign."""
    rounded = round(value, digits)
    return f"{rounded:+.{digits}f}".replace("-", MINUS) if rounded else f"{0:.{digits}f}"


def format_estimate(value: float, low: float, high: float, digits: int = 2) -> str:
    """Return a signed number and its interval, not rescaled: `+1.2 (+0.6 ... +1.8)`."""
    return f"{value:+.{digits}f} ({low:+.{digits}f} {DOTS} {high:+.{digits}f})".replace("-", MINUS)


def format_interval(interval: tuple[float, float], digits: int = 1) -> str:
    """Return an interval of shares in percentage points: `(0.6 ... 1.8)`."""
    return f"({format_points(interval[0], digits)} {DOTS} {format_points(interval[1], digits)})"


def format_duration(seconds: float) -> str:
    """Return `40 s`, `12 min` or `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def format_forecast(seconds: float | None) -> str:
    """Return `about 8 min`, or `duration unknown` for None."""
    return "duration unknown" if seconds is None else f"about {format_duration(seconds)}"


def format_split(shares: Iterable[float]) -> str:
    """Return shares of depth, width and resolution in percent: `25/16/59`."""
    return "/".join(f"{round(100 * share) + 0}" for share in shares).replace("-", MINUS)


def join_words(words: Iterable[str]) -> str:
    """Return `a, b and c`."""
    items = list(words)
    return f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else "".join(items)


def pluralize(number: int, noun: str) -> str:
    """Return `1 pair` or `2 pairs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def make_printable(text: str) -> str:
    """Return a text with every character that a terminal would not show as a backslash escape."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def format_magnitude(number: float) -> str:
    """Return a number with four significant digits and its unit: `3.361 million`."""
    for size, unit in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if number >= size:
            return f"{number / size:.4g} {unit}"
    return f"{number:.4g}"


def format_sweep_command(verb: str, overrides: Iterable[str]) -> str:
    """Return `scaling-lab VERB ...` to paste into a shell.

    Of several overrides of a setting only the last, which counts, is shown. What a command does (`do`) and how it
    treats an earlier plan (`on_other_plan`) is left out.
    """
    last: dict[str, str] = {}
    for override in overrides:
        last[override.partition("=")[0].lstrip("+~")] = override
    return shlex.join(["scaling-lab", verb, *(last[key] for key in last if key not in ("do", "on_other_plan"))])


def align_columns(rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> list[str]:
    """Return lines with columns two spaces apart, right-aligned but for the columns in `left`."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
