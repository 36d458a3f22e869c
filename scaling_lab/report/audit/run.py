"""The audit from families to files: counts, `audit.csv`, the page, and the findings on the terminal."""

from collections.abc import Collection, Sequence
from pathlib import Path

from scaling_lab.atomic import replace_file
from scaling_lab.errors import UserError
from scaling_lab.paper.audit.findings import audit_families
from scaling_lab.paper.audit.table import audit_table
from scaling_lab.report.audit.page import write_audit_page
from scaling_lab.report.audit.sentences import audit_sections
from scaling_lab.store.csv_text import to_csv_text

AUDIT_CSV = "audit.csv"


def write_audit(
    families: Collection[str], name: str, results: Path, reports: Path, overrides: Sequence[str] = ()
) -> None:
    """Audit the published rows of some families; write results/<name>/audit.csv and the page reports/<name>.

    Args:
        families: Names of conf/family.
        name: Name of the study's folders.
        results: Parent folder of the table.
        reports: Parent folder of the page.
        overrides: The command line's settings, shown on the page.

    Raises:
        UserError: A family has no published rows, or a folder cannot be written to.
    """
    audit = audit_families(families)
    folder = results / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / AUDIT_CSV, to_csv_text(audit_table(audit)).encode())
    except OSError as error:
        raise UserError(f"results folder {folder} cannot be written to: {error.strerror}") from None
    sections = audit_sections(audit)
    page = write_audit_page(audit, sections, name, reports / name, overrides)
    for title, sentences in sections:
        print(f"\n{title}")
        for sentence in sentences:
            print(f"- {sentence}")
    print(f"\ntable: {folder / AUDIT_CSV}\nreport: {page}")
