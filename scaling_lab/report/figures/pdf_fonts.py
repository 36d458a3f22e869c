"""Fonts in PDFs, without the tables by which text is laid out."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

LAYOUT_TABLES = ("BASE", "GDEF", "GPOS", "GSUB", "JSTF", "MATH")
_DROPPED = "_drop_tables_default"
"""The tables that fontTools leaves out of any part of a font, an attribute of its class of options."""
_LOCK = RLock()  # the attribute is one for all threads


@contextmanager
def without_layout_tables() -> Iterator[None]:
    """Context manager: embed fonts in PDFs without their layout tables.

    The text of a PDF is laid out already. Matplotlib has no option for it, and reading these tables again for every PDF
    takes more time than drawing it.
    """
    from fontTools.subset import Options

    with _LOCK:
        before = getattr(Options, _DROPPED, [])
        setattr(Options, _DROPPED, [*before, *LAYOUT_TABLES])
        try:
            yield
        finally:
            setattr(Options, _DROPPED, before)
