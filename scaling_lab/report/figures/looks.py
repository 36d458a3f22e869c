"""Seeds and verdicts at each recorded look at a study."""

from collections import Counter
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.panels import make_panels
from scaling_lab.report.figures.points import explain_one_seed, measured_points
from scaling_lab.report.figures.style import FAINT, INK, SeriesStyle, figure_style

MAX_LOOKS = 12
VERDICTS = {
    "apart": SeriesStyle("told apart", "#0072B2", "o"),
    "alike": SeriesStyle("alike", "#009E73", "s"),
    "open": SeriesStyle("not told apart", "#b5b5b5", "D"),
}


@dataclass(frozen=True)
class LookState:
    """A study as it was at a look.

    Attributes:
        finished: Number of finished points.
        seeds: Smallest and largest number of finished seeds of a network.
        verdicts: Number of pairs of rules by verdict, a key of VERDICTS.
    """

    finished: int
    seeds: tuple[int, int]
    verdicts: Counter[str]


class LooksOverTime(ReportFigure):
    """How seeds and verdicts grew from look to look."""

    title = "Seeds and verdicts at each look"
    alt = "For each look at the study, the number of seeds of each network, and the pairs of rules by verdict"
    needs = "two looks at different results (looks.jsonl), which every command that shows verdicts records"
    shows_verdicts = True

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether the study was looked at with different results."""
        return len(self._looks(table)) > 1

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw seeds, and the pairs by verdict."""
        measured_points(table)
        states = self._states(table)
        places = range(1, len(states) + 1)
        with figure_style():
            width = self.width or "column"
            figure, (above, below), _ = make_panels(2, 1.6, list(VERDICTS.values()), width=width, most=2)
            fewest, most = ([state.seeds[which] for state in states] for which in (0, 1))
            above.fill_between(places, fewest, most, color=FAINT)
            above.plot(places, most, color=INK, marker="^", linestyle="--")
            above.plot(places, fewest, color=INK, marker="v")
            above.set_ylabel("seeds of a network")
            above.set_ylim(0, 1.1 * max(most, default=1))  # room for the highest mark
            bottom = [0] * len(states)
            for verdict, style in VERDICTS.items():
                counts = [state.verdicts[verdict] for state in states]
                below.bar(places, counts, bottom=bottom, color=style.color, width=0.6, edgecolor="white", linewidth=0.5)
                bottom = [a + b for a, b in zip(bottom, counts, strict=True)]
            below.set_ylabel("pairs of rules")
            for ax in (above, below):
                ax.set_xticks(list(places), [f"{state.finished}" for state in states])
                ax.set_xlim(0.4, len(states) + 0.6)
                ax.set_xlabel("finished points at the look")
                ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: what a look is, and how verdicts are corrected for looks."""
        count = len(self._looks(table))
        one_seed = explain_one_seed(table, "there are no verdicts")
        some = f" The last {MAX_LOOKS} of {count} looks." if count > MAX_LOOKS else ""
        return (
            "Measured. Each look at the study with new results, oldest first. First panel: fewest and most finished "
            "seeds of a network. Second panel: pairs of rules at one budget by verdict as it was at the look, "
            f"corrected for the looks before it.{one_seed}{some}"
        )

    def _looks(self, table: pd.DataFrame) -> list[Look]:
        """Return the looks with different results, the present state last."""
        now = Look(frozenset(table.loc[table["state"] == "done", "key"]))
        looks: list[Look] = []
        for look in (*self.looks, now):
            if look.finished and (not looks or look.finished != looks[-1].finished):
                looks.append(look)
        return looks

    def _states(self, table: pd.DataFrame) -> list[LookState]:
        looks = self._looks(table)
        return [self._state(table, looks[:place], looks[place]) for place in range(len(looks))][-MAX_LOOKS:]

    def _state(self, table: pd.DataFrame, earlier: list[Look], look: Look) -> LookState:
        rows = table[table["key"].isin(look.finished)]
        figure = type(self)(self.options, tuple(earlier), self.scoring)
        pairs = [
            pair
            for comparison in compare_rules(figure.collect_evidence(rows), self.options)
            for pair in comparison.pairs
        ]
        planned = [pair for pair in pairs if pair.is_planned and not pair.is_same_network]
        kinds = ("apart" if pair.is_significant else "alike" if pair.is_alike else "open" for pair in planned)
        seeds = rows.groupby(["family", "dataset", "recipe", "rule", "times_flops"], dropna=False)["seed"].nunique()
        return LookState(len(look.finished), (int(seeds.min()), int(seeds.max())), Counter(kinds))
