"""What a user can get wrong, told in one line; both front doors print it and exit with 2."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """A mistake in what was asked: the message names the thing, the value and what is allowed."""


def unknown(what: str, name: str, existing: Iterable[str]) -> UserError:
    """The error for a name that is not there, with the near name and, when they are under a dozen, all names."""
    names = sorted(existing)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    listed = f" (there are {', '.join(names)})" if len(names) < 12 else ""
    if not names:
        listed = " (there are none)"
    return UserError(f"unknown {what} {name[:80]!r}{hint}{listed}")
