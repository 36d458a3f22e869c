"""Files of a report: templates in, pages and figures out, every file in its place whole."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from scaling_lab.errors import UserError

INDEX_PAGE = "index.html"
FIGURE_FORMATS = ("png", "svg")


def render_template(package: str, template: str, whole: Mapping[str, Any]) -> str:
    """A template of a package with its holes filled, everything escaped; it may include what lies in this package."""

    def load(name: str) -> str | None:
        for where in (package, __package__):
            if (files(where) / name).is_file():
                return (files(where) / name).read_text(encoding="utf-8")
        return None

    loader = FunctionLoader(load)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(whole)


@contextmanager
def draft_folder(report: Path) -> Iterator[Path]:
    """A folder inside the report's for files that are not finished. Raises UserError where it cannot be written to."""
    try:
        report.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=report, prefix=".draft") as folder:
            yield Path(folder)
    except OSError as error:
        raise UserError(f"report folder {report} cannot be written to: {error.strerror}") from None


def publish_drafts(folder: Path, report: Path, names: Sequence[str]) -> None:
    """Moves drafts into place; a figure that was not drawn this time is not left over from another."""
    for name in names:
        if (folder / name).exists():
            os.replace(folder / name, report / name)
        else:
            (report / name).unlink(missing_ok=True)
