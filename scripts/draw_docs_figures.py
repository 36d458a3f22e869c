"""Draw the pictures of docs/figures.md: each kind of figure from the first results folder that has something for it.

python scripts/draw_docs_figures.py results/quick-reference results/rules-reference
"""

import sys
from pathlib import Path

from scaling_lab.analysis.study_comparison import StudyComparison, read_study_comparison
from scaling_lab.errors import UserError
from scaling_lab.report.figures import draw_figure, list_figures
from scaling_lab.report.figures.style import figure_style

FOLDER = Path(__file__).parents[1] / "docs" / "figures"
DPI = 120


def main(folders: list[str]) -> None:
    """Write a PNG per kind, as wide as a column, and print the kinds for which no study has anything."""
    FOLDER.mkdir(exist_ok=True)
    studies = [read_study_comparison(Path(folder)) for folder in folders]
    missing = [kind for kind in list_figures() if not any(draw(study, kind) for study in studies)]
    print(f"not drawn: {', '.join(missing)}")


def draw(study: StudyComparison, kind: str) -> bool:
    """Write one figure of a study and return whether it shows anything."""
    try:
        drawn = draw_figure(study, kind, "column")
    except UserError:
        return False
    with figure_style():
        drawn.figure.savefig(FOLDER / f"{kind}.png", dpi=DPI, metadata={"Software": None})
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
