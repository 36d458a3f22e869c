"""Draw the pictures of docs/figures.md: each kind of figure from the folder of its name, else from the first with data.

Kinds that need more budgets or looks than these have are drawn from random answers.

python scripts/draw_docs_figures.py results/cifar10-rules results/cifar10-rates results/cifar10-lengths \
    results/figure3 results/figure4 results/figure8 results/quick-reference results/rules-reference
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.study_comparison import StudyComparison, read_study_comparison
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.errors import UserError
from scaling_lab.report.figures import draw_figure, list_figures, load_figures
from scaling_lab.report.figures.style import figure_style

FOLDER = Path(__file__).parents[1] / "docs" / "figures"
DPI = 120
EXPONENTS = {"depth": 0.25, "width": 0.4, "compound": 0.45}
"""How fast the synthetic error of each rule falls."""


def main(folders: list[str]) -> None:
    """Write a PNG per kind, as wide as a column, and print the kinds for which there is nothing."""
    FOLDER.mkdir(exist_ok=True)
    studies = {Path(folder).name: read_study_comparison(Path(folder)) for folder in folders}
    missing = []
    for kind in list_figures():
        own_first = sorted(studies, key=lambda name: name != kind)
        if not any(draw(studies[name], kind) for name in own_first):
            missing.append(kind)
    print(f"not drawn: {', '.join(sorted(set(missing) - draw_synthetic(missing)))}")


def draw(study: StudyComparison, kind: str) -> bool:
    """Write one figure of a study and return whether it shows anything."""
    try:
        save(draw_figure(study, kind, "column").figure, kind)
    except UserError:
        return False
    return True


def draw_synthetic(kinds: list[str]) -> set[str]:
    """Write those of these figures that random answers have something for, and return their kinds."""
    budgets = budget_table()
    seen = tuple(Look(frozenset(budgets.loc[budgets["seed"] < seeds, "key"])) for seeds in (2, 3, 5))
    figures = load_figures(looks=seen, width="column")
    drawn = set()
    for kind in kinds:
        if figures[kind].is_measured and figures[kind].is_shown(budgets):
            save(figures[kind].draw(budgets), kind)
            drawn.add(kind)
    return drawn


def budget_table() -> pd.DataFrame:
    """Return three rules at five budgets with eight seeds."""
    accuracies = {
        (rule, times): 0.9 - 0.25 * times**-exponent
        for rule, exponent in EXPONENTS.items()
        for times in (1.0, 2.0, 4.0, 8.0, 16.0)
    }
    return make_study_table(accuracies, 8, 2000, np.random.default_rng(0), family="synthetic")


def save(figure: Figure, kind: str) -> None:
    """Write a figure as PNG."""
    with figure_style():
        figure.savefig(FOLDER / f"{kind}.png", dpi=DPI, metadata={"Software": None})


if __name__ == "__main__":
    main(sys.argv[1:])
