"""Export what several studies say together: the table `pooled` and the forest plot."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from scaling_lab.analysis.pooling.pooled_pair import PooledBudget
from scaling_lab.analysis.pooling.table import make_pooled_table
from scaling_lab.report.exports import export_tables
from scaling_lab.report.figures.forest import draw_forest
from scaling_lab.report.figures.style import save_figure
from scaling_lab.report.files import FIGURE_FORMATS, publish_drafts


def export_pooled(budgets: Sequence[PooledBudget], folder: Path, kinds: Sequence[str]) -> list[Path]:
    """Write the table in each format, and the forest plot as PNG and SVG, unless there is nothing in them.

    Args:
        budgets: The pooled pairs of each budget.
        folder: folder to write to; created if missing.
        kinds: keys of `exports.SUFFIXES`.

    Returns:
        The paths of the files.

    Raises:
        OSError: a file cannot be written.
    """
    paths = export_tables({"pooled": make_pooled_table(budgets)}, folder, kinds)
    names = [f"forest.{kind}" for kind in FIGURE_FORMATS]
    with tempfile.TemporaryDirectory(dir=folder, prefix=".draft") as draft:
        if any(pair.effect for budget in budgets for pair in budget.pairs):
            save_figure(draw_forest(budgets), Path(draft) / "forest")
        publish_drafts(Path(draft), folder, names)
    return [*paths, *(path for name in names if (path := folder / name).exists())]
