"""Mistakes of the user: raised anywhere, printed one per line by both commands, which then exit with status 2."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches

EXIT_INTERRUPTED = 130  # exit status of a command that the user stopped: 128 + SIGINT
MAX_MESSAGES = 20  # messages of one UserErrors; further ones repeat the same mistake
MAX_LISTED_NAMES = 11  # allowed names that a message lists


class UserError(Exception):
    """A mistake of the user. The message names the setting, its value and what is allowed."""


class UserErrors(UserError):  # noqa: N818 - several
    """Several mistakes, raised together before anything is done.

    Attributes:
        messages: one line per mistake, without repetitions; at most `MAX_MESSAGES`, then the number of others.
    """

    def __init__(self, messages: Iterable[str]) -> None:
        unique = list(dict.fromkeys(messages))
        more = len(unique) - MAX_MESSAGES
        self.messages = unique if more <= 0 else [*unique[:MAX_MESSAGES], f"... and {more} more mistakes"]
        super().__init__("\n".join(self.messages))


class ErrorCollector:
    """Collects mistakes, to raise them together.

    Attributes:
        messages: messages of the mistakes so far.
    """

    def __init__(self) -> None:
        self.messages: list[str] = []

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Context manager: a UserError ends the block and is collected."""
        try:
            yield
        except UserError as error:
            self.messages += error_messages(error)

    def raise_collected(self) -> None:
        """Raise UserErrors if there are any."""
        if self.messages:
            raise UserErrors(self.messages)


def error_messages(error: UserError) -> list[str]:
    """Return the messages of one or several mistakes."""
    return error.messages if isinstance(error, UserErrors) else [str(error)]


def unknown_name(kind: str, name: str, existing: Iterable[str]) -> UserError:
    """Return the error for a name that does not exist.

    Args:
        kind: kind of the name, such as "family".
        name: the unknown name.
        existing: all names; the message suggests the nearest and, if they are few, lists them.
    """
    names = sorted(existing)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    listed = f" (there are {', '.join(names)})" if len(names) <= MAX_LISTED_NAMES else ""
    if not names:
        listed = " (there are none)"
    return UserError(f"unknown {kind} {name[:80]!r}{hint}{listed}")
