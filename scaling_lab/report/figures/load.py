"""Find the figures of this package."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from scaling_lab.analysis.rule_pairs import ALL_PAIRS
from scaling_lab.analysis.scoring import BY_ACCURACY, Scoring
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.report.figures.base import ReportFigure


def figure_classes() -> dict[str, type[ReportFigure]]:
    """Return the class of every figure by the name of its module, its kind, in alphabetical order."""
    classes: dict[str, type[ReportFigure]] = {}
    for name in sorted(module.name for module in iter_modules([str(Path(__file__).parent)])):
        module = import_module(f"{__package__}.{name}")
        for value in vars(module).values():
            is_figure = isinstance(value, type) and issubclass(value, ReportFigure) and "title" in vars(value)
            if is_figure and value.__module__ == module.__name__:
                classes[name] = value
    return classes


def load_figures(
    options: VerdictOptions = ALL_PAIRS,
    looks: tuple[Look, ...] = (),
    scoring: Scoring = BY_ACCURACY,
    **settings: Any,
) -> dict[str, ReportFigure]:
    """Return every figure by its kind.

    Args:
        options: which pairs of rules are tested.
        looks: earlier looks at the verdicts of the study, oldest first.
        scoring: what networks are compared by.
        settings: further arguments of `ReportFigure`.
    """
    return {name: figure(options, looks, scoring, **settings) for name, figure in figure_classes().items()}
