"""Rows and numbers as `benchmarks/cost.py` prints them."""


def aligned(table: list[list[str]]) -> list[str]:
    """Return lines with the first column left-aligned and the others right-aligned; a failure replaces its numbers."""
    columns = len(table[0])
    full = [line for line in table if len(line) == columns]
    widths = [max(len(line[0]) for line in table), *(max(len(line[i]) for line in full) for i in range(1, columns))]
    lines = []
    for first, *others in table:
        if len(others) + 1 == columns:
            others = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *others]).rstrip())
    return lines


def seconds(took: float) -> str:
    """Return a duration with three digits and its unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if took >= 0.9995 * size:
            return f"{took / size:.3g} {unit}"
    return f"{took * 1e6:.3g} µs"


def megabytes(kilobytes: float) -> str:
    """Return whole megabytes."""
    return f"{kilobytes / 1024:,.0f} MB" if kilobytes >= 1024 else "< 1 MB"
