"""Numbers and lists as a reader sees them."""

from collections.abc import Iterable

TIMES = "\N{MULTIPLICATION SIGN}"
MINUS = "\N{MINUS SIGN}"
DOTS = "\N{HORIZONTAL ELLIPSIS}"


def format_points(share: float, digits: int = 1) -> str:
    """A share as percentage points, with a real minus."""
    return f"{round(100 * share, digits) + 0.0:.{digits}f}".replace("-", MINUS)


def format_signed_points(share: float) -> str:
    """A share as percentage points with its sign and two digits; never a minus zero."""
    found = round(100 * share, 2)
    return f"{found:+.2f}".replace("-", MINUS) if found else "0.00"


def format_estimate(value: float, low: float, high: float, digits: int = 2) -> str:
    """`+1.2 (+0.6 ... +1.8)`: a number with its sign and its interval, as they are."""
    return f"{value:+.{digits}f} ({low:+.{digits}f} {DOTS} {high:+.{digits}f})".replace("-", MINUS)


def format_interval(interval: tuple[float, float], digits: int = 1) -> str:
    """`(0.6 ... 1.8)`: an interval of shares, in percentage points."""
    return f"({format_points(interval[0], digits)} {DOTS} {format_points(interval[1], digits)})"


def format_duration(seconds: float) -> str:
    """`40 s`, `12 min` or `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def join_words(words: Iterable[str]) -> str:
    """`a, b and c`."""
    every = list(words)
    return f"{', '.join(every[:-1])} and {every[-1]}" if len(every) > 1 else "".join(every)


def pluralize(number: int, thing: str) -> str:
    """`1 pair`, `2 pairs`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def format_magnitude(number: float) -> str:
    """`3.361 million`."""
    for size, unit in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if number >= size:
            return f"{number / size:.4g} {unit}"
    return f"{number:.4g}"


def format_forecast(seconds: float | None) -> str:
    """`about 8 min`."""
    if seconds is None:
        return "nothing tells how long that takes"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
