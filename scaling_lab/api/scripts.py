"""Processes that are started from a user's script."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def script_not_imported() -> Iterator[None]:
    """Context manager: keep new processes from importing the user's script, which they do not need.

    Otherwise `multiprocessing` would run it in each worker, and every script would need `if __name__ == "__main__":`.
    """
    main = sys.modules["__main__"]
    before = {name: getattr(main, name) for name in ("__file__", "__spec__") if hasattr(main, name)}
    for name in before:
        setattr(main, name, None)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(main, name, value)
