"""The audit as a page: what it says, its figure, its tables."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scaling_lab.paper.audit.findings import Audit
from scaling_lab.paper.audit.reading_choices import DEPTHS, ENDS, MEANING, RELEASED, SIDES, STRIDES, UNROUNDED, WIDTHS
from scaling_lab.report.audit import figure
from scaling_lab.report.audit.sheets import sheets
from scaling_lab.report.figures.style import save_figure
from scaling_lab.report.files import FIGURE_FORMATS, INDEX_PAGE, draft_folder, publish_drafts, render_template

Said = Sequence[tuple[str, Sequence[str]]]
"""Titles and sentences, as `words.sections` makes them."""
CHOICES = {
    "multipliers": ("multipliers as printed", UNROUNDED),
    "depths": DEPTHS,
    "widths": WIDTHS,
    "stem and head": ENDS,
    "bottlenecks": STRIDES,
    "side": (*SIDES, RELEASED),
}


def write(audit: Audit, said: Said, name: str, report: Path, asked: Sequence[str]) -> Path:
    """Writes the figure and `index.html` into a report folder and returns the path of the page. asked: the overrides.

    Raises UserError when the folder cannot be written to.
    """
    with draft_folder(report) as draft:
        shown = []
        if any(each.has_flops for each in audit.recounts):
            save_figure(figure.draw(audit.recounts), draft / figure.NAME)
            told = {"name": figure.NAME, "title": figure.TITLE, "alt": figure.ALT}
            shown = [told | {"caption": figure.caption(audit.recounts)}]
        (draft / INDEX_PAGE).write_text(
            render(contents(audit, said, name, asked) | {"figures": shown}), encoding="utf-8"
        )
        publish_drafts(draft, report, [f"{figure.NAME}.{kind}" for kind in FIGURE_FORMATS])
        publish_drafts(draft, report, [INDEX_PAGE])
    return report / INDEX_PAGE


def render(whole: dict[str, Any]) -> str:
    """The page, everything escaped."""
    return render_template("scaling_lab.report.audit", "page.html.j2", whole)


def contents(audit: Audit, said: Said, name: str, asked: Sequence[str]) -> dict[str, Any]:
    """Everything on the page but its figure, not yet escaped."""
    counted = [each for each in audit.recounts if each.has_flops]
    none = sum(not each.fitting for each in counted)
    usual = sum(each.comes_out for each in counted)
    return {
        "name": name,
        "asked": (
            "Which printed numbers of the EfficientNet paper (Tan & Le 2019, arXiv 1905.11946) come out when its "
            "networks are counted? FLOPs are multiply-adds of convolutions and linear layers, for one picture. "
            "Nothing is trained; everything said here is worked out from the numbers. Families: "
            f"{', '.join(audit.families)}."
        ),
        "tiles": [
            (len(counted), "printed FLOPs counted", False),
            (usual, "come out", False),
            (len(counted) - usual - none, "under another reading", False),
            (none, "under no reading", none > 0),
        ],
        "said": said,
        "sheets": sheets(audit),
        "readings": [(kind, [(choice, MEANING[choice]) for choice in choices]) for kind, choices in CHOICES.items()],
        "sources": _sources(audit),
        "command": shlex.join([".venv/bin/python", "run_sweep.py", *asked]),
    }


def _sources(audit: Audit) -> list[str]:
    found = dict.fromkeys(f"{each.row.table}: {each.row.source}" for each in audit.recounts)
    return [*found, *dict.fromkeys(f"{one.library}: {one.source}" for one in audit.statements)]
