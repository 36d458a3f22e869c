"""The whole audit as one value: every published row counted, and the findings that follow from the counts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from scaling_lab.errors import unknown_name
from scaling_lab.paper.audit.coefficients import FormulaStep, formula_steps
from scaling_lab.paper.audit.counters import LibraryCount, library_counts
from scaling_lab.paper.audit.places import (
    RepeatedNetwork,
    RowPair,
    SolvedWidth,
    find_repeated_networks,
    pair_rows,
    solve_drawn_widths,
)
from scaling_lab.paper.audit.recount import Recount, recount_row
from scaling_lab.paper.audit.rows import B0, FAMILY_OF_MODEL, PublishedRow, published_rows
from scaling_lab.paper.audit.swaps import SwapCandidate, find_swaps, group_by_base
from scaling_lab.paper.audit.versions import QuotedAccuracy, quoted_accuracies

PAIRED_TABLES = (("Table 7", "Figure 3"), ("Table 7", "Figure 8"), ("Figure 8", "Figure 3"), ("Figure 4", "Figure 3"))
"""Tables or figures whose rows are looked up in another one."""


@dataclass(frozen=True)
class Audit:
    """Findings about some families.

    Attributes:
        families: The lab's families, sorted.
        recounts: Every published row about them, with its counts.
        swaps: Numbers that may be swapped, by table and base network.
        repeated: Networks that the paper shows in several places.
        pairs: Rows with equal numbers in two places, by these two places.
        solved_widths: Points whose width multiplier was solved for.
        steps: The formula compared with the released coefficients.
        quoted: Accuracies of named networks outside Table 2.
        library_counts: Multiply-adds that other libraries state.
    """

    families: tuple[str, ...]
    recounts: tuple[Recount, ...]
    swaps: dict[tuple[str, str], list[SwapCandidate]]
    repeated: list[RepeatedNetwork]
    pairs: dict[tuple[str, str], dict[PublishedRow, list[RowPair]]]
    solved_widths: list[SolvedWidth]
    steps: list[FormulaStep]
    quoted: list[QuotedAccuracy]
    library_counts: list[LibraryCount]


@cache
def audited_families() -> tuple[str, ...]:
    """Return the lab's families with any published row, sorted."""
    in_paper = {row.family for row in published_rows() if row.family}
    return tuple(sorted(in_paper | {count.family for count in library_counts()}))


def audit_families(names: Collection[str]) -> Audit:
    """Count every published row about some families and derive the findings.

    Raises:
        UserError: A family has no published rows.
    """
    for name in names:
        if name not in audited_families():
            raise unknown_name("family with published rows", name, audited_families())
    is_complete = set(names) == set(audited_families())
    rows = tuple(row for row in published_rows() if row.family in names or (is_complete and not row.family))
    recounts = tuple(recount_row(row) for row in rows)
    return Audit(
        families=tuple(sorted(set(names))),
        recounts=recounts,
        swaps=_swaps(recounts),
        repeated=find_repeated_networks(rows),
        pairs={tables: pair_rows(rows, *tables) for tables in PAIRED_TABLES} if B0 in names else {},
        solved_widths=solve_drawn_widths(rows),
        steps=[step for step in formula_steps() if FAMILY_OF_MODEL[step.model] in names],
        quoted=[
            quoted
            for quoted in quoted_accuracies(published_rows())
            if is_complete or FAMILY_OF_MODEL.get(quoted.model) in names
        ],
        library_counts=[count for count in library_counts() if count.family in names],
    )


def _swaps(recounts: Sequence[Recount]) -> dict[tuple[str, str], list[SwapCandidate]]:
    by_base = {place: find_swaps(rows) for place, rows in group_by_base(recounts).items()}
    return {place: swaps for place, swaps in by_base.items() if swaps}
