"""Files of a report: fill templates, and write pages and figures atomically."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from scaling_lab.errors import UserError
from scaling_lab.report.figures.style import FigureFormat

INDEX_PAGE = "index.html"
FILES_FOLDER = "files"
FIGURE_FORMATS: tuple[FigureFormat, ...] = ("png", "svg")
OLD_FIGURES = ("accuracy_multipliers", "published_scaling")  # of earlier versions
OLD_FIGURE_SUFFIXES = (".png", ".svg")
WRITTEN_SUFFIXES = (".png", ".svg", ".pdf", ".csv", ".tex")


def render_template(package: str, template: str, values: Mapping[str, Any]) -> str:
    """Return a template filled with values, all of them escaped.

    Args:
        package: package that contains the template.
        template: file name. It may include files of this package and of `scaling_lab.report`.
        values: values by the names that the template uses; a missing one is an error.
    """

    def load(name: str) -> str | None:
        for source in (package, __package__):
            if (files(source) / name).is_file():
                return (files(source) / name).read_text(encoding="utf-8")
        return None

    loader = FunctionLoader(load)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(values)


@contextmanager
def draft_folder(report: Path) -> Iterator[Path]:
    """Context manager: create a temporary folder inside the report folder, removed at exit.

    Raises:
        UserError: the report folder is not writable.
    """
    try:
        report.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=report, prefix=".draft") as folder:
            yield Path(folder)
    except OSError as error:
        raise UserError(f"report folder {report} cannot be written to: {error.strerror}") from None


def publish_drafts(folder: Path, report: Path, names: Sequence[str]) -> None:
    """Move drafts into the report folder; a file without a draft is removed there, so no old figure remains."""
    for name in names:
        if (folder / name).exists():
            os.replace(folder / name, report / name)
        else:
            (report / name).unlink(missing_ok=True)


def publish_draft(draft: Path, path: Path) -> None:
    """Move one draft into its place."""
    os.replace(draft, path)


def publish_folder(drafts: Path, folder: Path) -> None:
    """Move all drafts into a folder, and remove the figures and tables of an earlier report that have no draft."""
    folder.mkdir(exist_ok=True)
    names = {path.name for path in drafts.iterdir()}
    for name in sorted(names):
        os.replace(drafts / name, folder / name)
    for path in folder.iterdir():
        if path.name not in names and path.suffix in WRITTEN_SUFFIXES and path.is_file():
            path.unlink()


def list_files(folder: Path) -> dict[str, list[str]]:
    """Return the kinds of files in a folder, such as csv and tex, by their names without the suffix."""
    kinds: dict[str, list[str]] = {}
    for path in sorted(folder.iterdir()):
        kinds.setdefault(path.stem, []).append(path.suffix.lstrip("."))
    return kinds


def remove_old_figures(report: Path, names: Iterable[str]) -> None:
    """Remove the figures of these names that earlier versions wrote next to the page."""
    for name in names:
        for suffix in OLD_FIGURE_SUFFIXES:
            with suppress(OSError):
                (report / f"{name}{suffix}").unlink()


def shorten_path(path: Path, parent: str) -> str:
    """Return a path relative to the working directory, or its name below `parent`, without folders of this machine."""
    full, here = path.resolve(), Path.cwd()
    return str(full.relative_to(here)) if full.is_relative_to(here) else f"{parent}/{full.name}"
