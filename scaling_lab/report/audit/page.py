"""The audit's page: tiles, sentences, the figure, tables, and the readings that were tried."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scaling_lab.formatting import format_sweep_command
from scaling_lab.paper.audit.findings import Audit
from scaling_lab.paper.audit.reading_choices import (
    CHOICE_DESCRIPTIONS,
    DEPTH_CHOICES,
    END_CHOICES,
    RELEASED_SIDE,
    SIDE_CHOICES,
    STRIDE_CHOICES,
    UNROUNDED_MULTIPLIERS,
    WIDTH_CHOICES,
)
from scaling_lab.report.audit import figure
from scaling_lab.report.audit.finding_tables import finding_tables
from scaling_lab.report.audit.row_tables import row_tables
from scaling_lab.report.audit.sentences import Sections
from scaling_lab.report.figures.style import save_figure
from scaling_lab.report.files import FIGURE_FORMATS, INDEX_PAGE, draft_folder, publish_drafts, render_template

CHOICES_BY_KIND = {
    "multipliers": ("multipliers as printed", UNROUNDED_MULTIPLIERS),
    "depths": DEPTH_CHOICES,
    "widths": WIDTH_CHOICES,
    "stem and head": END_CHOICES,
    "bottlenecks": STRIDE_CHOICES,
    "side": (*SIDE_CHOICES, RELEASED_SIDE),
}


def write_audit_page(audit: Audit, sections: Sections, name: str, report: Path, overrides: Sequence[str]) -> Path:
    """Write the figure and `index.html` into a report folder and return the path of the page.

    Args:
        audit: The findings.
        sections: The findings in sentences.
        name: Name of the study.
        report: The report folder.
        overrides: The command line's settings.

    Raises:
        UserError: The folder cannot be written to.
    """
    with draft_folder(report) as drafts:
        figures = []
        if any(recount.has_flops for recount in audit.recounts):
            save_figure(figure.draw_deviations(audit.recounts), drafts / figure.FIGURE_NAME)
            text = {"name": figure.FIGURE_NAME, "title": figure.FIGURE_TITLE, "alt": figure.FIGURE_ALT}
            figures = [text | {"caption": figure.deviation_caption(audit.recounts)}]
        context = page_context(audit, sections, name, overrides) | {"figures": figures}
        (drafts / INDEX_PAGE).write_text(render_audit_page(context), encoding="utf-8")
        publish_drafts(drafts, report, [f"{figure.FIGURE_NAME}.{kind}" for kind in FIGURE_FORMATS])
        publish_drafts(drafts, report, [INDEX_PAGE])
    return report / INDEX_PAGE


def render_audit_page(context: dict[str, Any]) -> str:
    """Return the page as HTML, with everything escaped."""
    return render_template("scaling_lab.report.audit", "page.html.j2", context)


def page_context(audit: Audit, sections: Sections, name: str, overrides: Sequence[str]) -> dict[str, Any]:
    """Return everything on the page but its figure, not yet escaped."""
    counted = [recount for recount in audit.recounts if recount.has_flops]
    usual = sum(recount.is_match for recount in counted)
    none = sum(not recount.matching_counts for recount in counted)
    tables = [*row_tables(audit), *finding_tables(audit)]
    return {
        "name": name,
        "introduction": (
            "Which printed numbers of the EfficientNet paper (Tan & Le 2019, arXiv 1905.11946) match the lab's counts "
            "of its networks? FLOPs are multiply-adds of convolutions and linear layers for one image. Nothing is "
            f"trained; every statement is computed from the numbers. Families: {', '.join(audit.families)}."
        ),
        "tiles": [
            (len(counted), "printed FLOPs counted", False),
            (usual, "match", False),
            (len(counted) - usual - none, "match under another reading only", False),
            (none, "match under no reading", none > 0),
        ],
        "sections": sections,
        "tables": [table for table in tables if any(group.rows for group in table.groups)],
        "readings": [
            (kind, [(choice, CHOICE_DESCRIPTIONS[choice]) for choice in choices])
            for kind, choices in CHOICES_BY_KIND.items()
        ],
        "sources": _sources(audit),
        "command": format_sweep_command("sweep", overrides),
    }


def _sources(audit: Audit) -> list[str]:
    sources = [f"{recount.row.table}: {recount.row.source}" for recount in audit.recounts]
    sources += [f"{count.library}: {count.source}" for count in audit.library_counts]
    return list(dict.fromkeys(sources))
