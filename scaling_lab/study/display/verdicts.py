"""The verdicts of a study as a table on the console, printed after each round of `do=settle`."""

from collections.abc import Iterable

from scaling_lab.analysis.compare import RuleComparison


def print_verdicts(comparisons: Iterable[RuleComparison]) -> None:
    """Print a table with a row for each pair of each comparison."""

    from rich.table import Table

    from scaling_lab.analysis.text.comparisons import format_title
    from scaling_lab.analysis.text.pairs import format_difference
    from scaling_lab.analysis.verdict_table import name_verdict
    from scaling_lab.study.display.console import open_console

    console = open_console(140)
    for comparison in comparisons:
        console.print(format_title(comparison), style="bold")
        table = Table(box=None, header_style="bold", pad_edge=False)
        for name in ("first", "second", "points (95 %)", "seeds", "looks", "verdict"):
            table.add_column(name)
        for pair in comparison.pairs:
            seeds = "/".join(map(str, dict.fromkeys(pair.seeds)))
            difference = "" if pair.is_same_network else format_difference(pair)
            table.add_row(pair.first, pair.second, difference, seeds, str(pair.looks), name_verdict(pair))
        console.print(table)
