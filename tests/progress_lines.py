"""Lines on stderr that depend on how fast the machine is."""

import re

PROGRESS = re.compile(r"planning \.\.\.|[a-z ]+: [\d,]+ of [\d,]+")


def without_progress(text: str) -> str:
    """Return a command's stderr without the lines that say how far its planning is."""
    return "".join(line for line in text.splitlines(keepends=True) if not PROGRESS.fullmatch(line.rstrip("\n")))
