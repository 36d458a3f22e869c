"""Settings of import, merge and reproduce: what decides a conflict, and how messages name options or arguments."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REFUSE, FIRST, LAST = ON_CONFLICT = ("refuse", "first", "last")
"""What a merge does if two folders have different results of one training."""
_names_arguments: ContextVar[bool] = ContextVar("names_arguments", default=False)


@contextmanager
def naming_arguments() -> Iterator[None]:
    """Context manager: messages name the arguments of the Python functions instead of options."""
    token = _names_arguments.set(True)
    try:
        yield
    finally:
        _names_arguments.reset(token)


def option(name: str, value: str | None = None) -> str:
    """Return a setting in a message, such as `--accuracy-in percent`; of Python, `accuracy_in="percent"`.

    Args:
        name: Name of the option, such as "accuracy-in".
        value: Value to show, if any.
    """
    if not _names_arguments.get():
        return f"--{name}" if value is None else f"--{name} {value}"
    argument = name.replace("-", "_")
    return argument if value is None else f'{argument}="{value}"'


def column_option(field: str, column: str) -> str:
    """Return the choice of a column in a message, such as `--flops macs`; of Python, `columns={"flops": "macs"}`."""
    return f'columns={{"{field}": "{column}"}}' if _names_arguments.get() else option(field, column)
