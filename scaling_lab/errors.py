"""What a user can get wrong, told in one line; both front doors print it and exit with 2."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches

MAX_MESSAGES = 20  # mistakes that are told; after so many it is the same one over and over


class UserError(Exception):
    """A mistake in what was asked: the message names the thing, the value and what is allowed."""


class UserErrors(UserError):  # noqa: N818 - several
    """Several mistakes, found before anything was done. messages: a line each, every one once."""

    def __init__(self, messages: Iterable[str]) -> None:
        found = list(dict.fromkeys(messages))
        more = len(found) - MAX_MESSAGES
        self.messages = found if more <= 0 else [*found[:MAX_MESSAGES], f"... and {more} more mistakes"]
        super().__init__("\n".join(self.messages))


class ErrorCollector:
    """UserErrors that are gathered, to be told together."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Within, a UserError ends what is done there, and is kept."""
        try:
            yield
        except UserError as error:
            self.messages += error_messages(error)

    def raise_collected(self) -> None:
        """Raises UserErrors when there were any."""
        if self.messages:
            raise UserErrors(self.messages)


def error_messages(error: UserError) -> list[str]:
    """The lines of what was wrong."""
    return error.messages if isinstance(error, UserErrors) else [str(error)]


def unknown_name(what: str, name: str, existing: Iterable[str]) -> UserError:
    """The error for a name that is not there, with the near name and, when they are under a dozen, all names."""
    names = sorted(existing)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    listed = f" (there are {', '.join(names)})" if len(names) < 12 else ""
    if not names:
        listed = " (there are none)"
    return UserError(f"unknown {what} {name[:80]!r}{hint}{listed}")
