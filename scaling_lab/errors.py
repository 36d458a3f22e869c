"""Mistakes of the user: raised anywhere, printed one per line by both commands, which then exit with status 2."""

import re
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches

EXIT_INTERRUPTED = 130  # exit status of a command that the user stopped: 128 + SIGINT
MAX_MESSAGES = 20  # messages of one UserErrors; further ones repeat the same mistake
MAX_LISTED_NAMES = 11  # names that a message lists
MAX_LISTED_CHARACTERS = 160  # of the allowed names, separated by commas, that `unknown_name` lists
# Similarity from which a name is suggested: "epochs" is not near "reports" (0.62), nor convnext_tiny near resnet_tiny.
NEAR, NEAR_IF_SHORT, SHORT = 0.7, 0.65, 5


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


def code_place(error: BaseException) -> str:
    """Return the file and line in which an error was raised, as `file.py:12`; of a SyntaxError, those that it names."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}"
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename}:{frame.lineno}"


@contextmanager
def reported_as_user_error(label: str) -> Iterator[None]:
    """Context manager: any exception that code of the user raises becomes one line with the file and line.

    Args:
        label: what was called, for the message.
    """
    try:
        yield
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())[:300]
        raise UserError(f"{label}: {type(error).__name__}: {text} ({code_place(error)})") from error


def unknown_name(kind: str, name: str, existing: Iterable[str], list_all: bool = False) -> UserError:
    """Return the error for a name that does not exist.

    Args:
        kind: kind of the name, such as "family".
        name: the unknown name.
        existing: all names; the message suggests the nearest, or lists them, many of them as `resnet... (8)`.
        list_all: where no name is near, list all of them, however many.
    """
    names = sorted(existing)
    near = _nearest(name, names)
    hint = f"; did you mean {near}?" if near else ""
    fits = len(", ".join(names)) <= MAX_LISTED_CHARACTERS
    listed = names if fits or near or list_all else _shortened(names)
    is_short = len(", ".join(listed)) <= MAX_LISTED_CHARACTERS or (list_all and not near)
    there = f" (there are {', '.join(listed)})" if is_short else ""
    return UserError(f"unknown {kind} {name[:80]!r}{hint}{there if names else ' (there are none)'}")


def _nearest(name: str, names: Sequence[str]) -> str | None:
    """Return the name that was probably meant: one that is near, or a setting of a group, such as recipe.epochs, whose
    last part is."""
    spelling = _normalized(name)
    cutoff = NEAR_IF_SHORT if len(spelling) <= SHORT else NEAR
    full = {_normalized(existing): existing for existing in names}
    parts = {_normalized(existing.rpartition(".")[2]): existing for existing in names}
    for spellings in (full, parts):
        if spelling in spellings:
            return spellings[spelling]
    for spellings in (full, parts):
        if near := get_close_matches(spelling, spellings, n=1, cutoff=cutoff):
            return spellings[near[0]]
    return None


def _normalized(name: str) -> str:
    return name.lower().lstrip("-").replace("-", "_")


def _shortened(names: Iterable[str]) -> list[str]:
    """Return names that begin with the same word as one: `resnet... (8)`."""
    counts = Counter(re.split(r"(?<=\w)[\d_.-]", name)[0] for name in names)
    return [f"{word}... ({count})" for word, count in counts.items()]
