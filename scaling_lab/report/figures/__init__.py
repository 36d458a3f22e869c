"""Figures of a report, one file each. Start with `base.py` to add one. No torch."""

from importlib import import_module
from pkgutil import iter_modules

from scaling_lab.analysis.rule_pairs import ALL_PAIRS
from scaling_lab.analysis.scoring import BY_ACCURACY, Scoring
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.report.figures.base import ReportFigure


def load_figures(
    options: VerdictOptions = ALL_PAIRS, looks: tuple[Look, ...] = (), scoring: Scoring = BY_ACCURACY
) -> dict[str, ReportFigure]:
    """Return every figure of this package by the name of its module, in alphabetical order.

    Args:
        options: which pairs of rules are tested.
        looks: earlier looks at the verdicts of the study, oldest first.
        scoring: what networks are compared by.
    """
    figures: dict[str, ReportFigure] = {}
    for name in sorted(module.name for module in iter_modules(__path__)):
        module = import_module(f"{__name__}.{name}")
        for value in vars(module).values():
            is_figure = isinstance(value, type) and issubclass(value, ReportFigure) and value is not ReportFigure
            if is_figure and value.__module__ == module.__name__:
                figures[name] = value(options, looks, scoring)
    return figures
