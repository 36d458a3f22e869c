"""Seconds that each figure of a study takes to draw and to write as PDF, once libraries are loaded; below two each.

python benchmarks/figures.py results/quick-reference
"""

import sys
import tempfile
from importlib import import_module
from pathlib import Path
from time import process_time

from scaling_lab.analysis.study_comparison import read_study_comparison
from scaling_lab.errors import UserError
from scaling_lab.report.figures import draw_figure, list_figures, write_figure

LIMIT = 2.0
LIBRARIES = ("matplotlib.backends.backend_pdf", "fontTools.subset")


def main(results: Path) -> int:
    """Print the processor seconds of each kind that the study has, and return 1 if one takes too long."""
    study, slow = read_study_comparison(results), 0
    for library in LIBRARIES:
        import_module(library)
    with tempfile.TemporaryDirectory() as folder:
        for kind in list_figures():
            start = process_time()
            try:
                write_figure(draw_figure(study, kind, "page"), Path(folder) / f"{kind}.pdf")
            except UserError:
                continue
            seconds = process_time() - start
            slow += seconds > LIMIT
            print(f"{kind:<22} {seconds:5.2f} s")
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
