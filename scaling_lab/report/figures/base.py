"""The interface of a figure. A module of this package with one subclass is drawn in every report."""

from abc import ABC, abstractmethod
from typing import ClassVar

import pandas as pd
from matplotlib.figure import Figure

from scaling_lab.analysis.class_maps import ClassMaps
from scaling_lab.analysis.evidence import Evidence, collect_evidence
from scaling_lab.analysis.rule_pairs import ALL_PAIRS
from scaling_lab.analysis.scoring import BY_ACCURACY, Scoring
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.report.figures.style import FigureWidth
from scaling_lab.store.results import Store


class ReportFigure(ABC):
    """A figure of the report, drawn from the table of a study.

    Attributes:
        title: heading above the figure.
        alt: what is seen, in words, for readers who do not see it.
        options: which pairs of rules are tested.
        is_measured: True if it shows results of the study and needs at least one; False for published numbers.
        looks: earlier looks at the verdicts of the study, oldest first.
        scoring: what networks are compared by, in the figures that show comparisons and fits.
        needs: what a study must have for the figure to show anything.
        shows_verdicts: True if it shows which rules are told apart, so that drawing it is a look at the verdicts.
        width: width of the figure; None for a column or a page, whichever suits the number of panels.
        store: the results folder, of which some figures read more than the table; None if there is the table alone.
        maps: activation maps of networks whose weights were kept; None if they were not computed.
        known: a table, and its networks by `scoring`, which all figures of a study share; None to collect them.
    """

    title: ClassVar[str]
    alt: ClassVar[str]
    is_measured: ClassVar[bool] = True
    needs: ClassVar[str] = "a result above chance"
    shows_verdicts: ClassVar[bool] = False

    def __init__(
        self,
        options: VerdictOptions = ALL_PAIRS,
        looks: tuple[Look, ...] = (),
        scoring: Scoring = BY_ACCURACY,
        *,
        width: FigureWidth | None = None,
        store: Store | None = None,
        maps: ClassMaps | None = None,
        known: tuple[pd.DataFrame, Evidence] | None = None,
    ) -> None:
        """Store which pairs of rules are tested, earlier looks at the verdicts, what is compared, and the size."""
        self.options = options
        self.looks = looks
        self.scoring = scoring
        self.width = width
        self.store = store
        self.maps = maps
        self.known = known

    def collect_evidence(self, table: pd.DataFrame) -> Evidence:
        """Return the networks of a table at the recipe's learning rate, by what is compared."""
        return self.collect_at_every_lr(table).at_recipe_lr()

    def collect_at_every_lr(self, table: pd.DataFrame) -> Evidence:
        """Return the networks of a table, by what is compared."""
        if self.known and self.known[0] is table:
            return self.known[1]
        return self.scoring.score(collect_evidence(table, self.looks), table)

    @abstractmethod
    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw the figure.

        Args:
            table: one row per question, with the columns of `table.csv`.

        Raises:
            ValueError: a column is missing; the message names it.
        """

    @abstractmethod
    def caption(self, table: pd.DataFrame) -> str:
        """Return units, source and spread of what is drawn."""

    def is_shown(self, table: pd.DataFrame) -> bool:  # noqa: ARG002
        """Return whether the figure shows anything for this table; otherwise the report leaves it out."""
        return True
