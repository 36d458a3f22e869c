"""The end of a sweep: what is there becomes a table and a report. No torch."""

import os
import tempfile
from pathlib import Path

from scaling_lab.claims import Claims
from scaling_lab.records import Plan
from scaling_lab.results import Store, WriteError
from scaling_lab.study.show_status import status_lines
from scaling_lab.study.status import Status, status


def look(store: Store, plan: Plan, lease: float) -> Status:
    """How far a study is, as its folder has it now."""
    return status(plan, store.read(), Claims(store.claims, lease).held())


def tell(store: Store, plan: Plan, lease: float) -> None:
    """Prints how far a study is."""
    for line in status_lines(plan, look(store, plan, lease)):
        print(line)


def conclude(store: Store, plan: Plan, report: Path, lease: float) -> Status:
    """Writes the table and the report, and prints what is not done. Raises UserError where they cannot be written."""
    from scaling_lab.report.files import PAGE
    from scaling_lab.table import table

    stored = store.read()
    now = status(plan, stored, Claims(store.claims, lease).held())
    if now.left or now.broken:
        for line in status_lines(plan, now):
            print(line)
    if current(store, report / PAGE):
        print(f"report: {report / PAGE} (nothing has changed since it was written)")
        return now
    _write(store.folder / "table.csv", table(plan, stored).to_csv(index=False))
    if now.done:
        from scaling_lab.report import write

        print(f"report: {write(store.folder, report)}")
    return now


def current(store: Store, page: Path) -> bool:
    """Whether a report is newer than the plan, than every result, and than all of this package that could write it."""
    try:
        written = page.stat().st_mtime_ns
        changed = [path.stat().st_mtime_ns for path in (store.points, store.folder / "plan.json", *_package())]
    except OSError:
        return False
    return (store.folder / "table.csv").exists() and max(changed) < written


def _package() -> list[Path]:
    return [path for path in Path(__file__).parent.rglob("*") if path.suffix in (".py", ".j2", ".css", ".csv")]


def _write(path: Path, text: str) -> None:
    """Puts the file in its place whole; other sweeps may do the same."""
    try:
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=".draft")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            Path(draft).chmod(0o644)
            os.replace(draft, path)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}") from None
