"""The audit from families to files: counts, `audit.csv`, the page, and what it says on the terminal."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from scaling_lab.errors import UserError
from scaling_lab.paper.audit.findings import audit
from scaling_lab.paper.audit.table import table
from scaling_lab.report.audit.page import write
from scaling_lab.report.audit.words import sections

TABLE = "audit.csv"


def write_audit(families: Collection[str], name: str, results: Path, reports: Path, asked: Sequence[str] = ()) -> None:
    """Audits the published rows of some families into results/<name> and reports/<name>.

    Raises UserError for a family without published rows and for a folder that cannot be written to.
    """
    found = audit(families)
    folder = results / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{TABLE}.draft"
        table(found).to_csv(draft, index=False)
        os.replace(draft, folder / TABLE)
    except OSError as error:
        raise UserError(f"results folder {folder} cannot be written to: {error.strerror}") from None
    said = sections(found)
    page = write(found, said, name, reports / name, asked)
    for title, sentences in said:
        print(f"\n{title}")
        for sentence in sentences:
            print(f"- {sentence}")
    print(f"\ntable: {folder / TABLE}\nreport: {page}")
