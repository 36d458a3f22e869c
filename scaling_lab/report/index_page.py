"""The page `reports/index.html`, which lists all studies of a folder of reports."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from scaling_lab.errors import UserError
from scaling_lab.report.files import (
    FILES_FOLDER,
    INDEX_PAGE,
    draft_folder,
    publish_draft,
    render_template,
)
from scaling_lab.store.files import MAX_BYTES, UNREADABLE, parse_json, read_file

RECORD = "study.json"
"""File next to the figures of a report from which the list of studies is made."""
RECORDED = ("study", "metric", "question", "points", "states", "summary", "unlearned")


def write_record(folder: Path, contents: Mapping[str, Any]) -> None:
    """Write what the list of studies says about a report.

    Args:
        folder: Folder of the report's files.
        contents: Template values of the page of a study or of several.
    """
    recorded = {name: contents[name] for name in RECORDED}
    (folder / RECORD).write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")


def write_index(reports: Path) -> Path:
    """Write the page that lists the reports in a folder, and return its path.

    Raises:
        UserError: The folder cannot be read or written to.
    """
    try:
        folders = [path for path in sorted(reports.iterdir()) if (path / INDEX_PAGE).is_file()]
    except OSError as error:
        raise UserError(f"{reports} cannot be read: {error.strerror}") from None
    values = {"studies": [_describe(folder) for folder in folders]}
    with draft_folder(reports) as draft:
        page = render_template("scaling_lab.report", "index.html.j2", values)
        (draft / INDEX_PAGE).write_text(page, encoding="utf-8")
        publish_draft(draft / INDEX_PAGE, reports / INDEX_PAGE)
    return reports / INDEX_PAGE


def _describe(folder: Path) -> dict[str, Any]:
    """Return the template values of a report; without a readable record, its name alone."""
    values: dict[str, Any] = {"folder": folder.name, **dict.fromkeys(RECORDED)}
    with suppress(*UNREADABLE):
        recorded = parse_json(read_file(folder / FILES_FOLDER / RECORD, MAX_BYTES))
        if isinstance(recorded, dict):
            values |= dict(_known(recorded))
    return values


def _known(recorded: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the values of a record that have the type of those that `write_record` writes."""
    types = {"study": str, "metric": str, "question": str, "points": int, "states": dict, "summary": list}
    for name, expected in (types | {"unlearned": list}).items():
        if isinstance(recorded.get(name), expected):
            yield name, recorded[name]
