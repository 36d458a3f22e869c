"""The whole audit as one value: every published row counted, and what follows from the counts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from scaling_lab.errors import unknown_name
from scaling_lab.paper.audit import coefficients, counters, places, swaps, versions
from scaling_lab.paper.audit.coefficients import Step
from scaling_lab.paper.audit.counters import Statement
from scaling_lab.paper.audit.places import Place, Solved, Twin
from scaling_lab.paper.audit.recount import Recount, recount
from scaling_lab.paper.audit.rows import B0, FAMILIES, Row, rows
from scaling_lab.paper.audit.swaps import Fit
from scaling_lab.paper.audit.versions import Sighting

PAIRS = (("Table 7", "Figure 3"), ("Table 7", "Figure 8"), ("Figure 8", "Figure 3"), ("Figure 4", "Figure 3"))
"""Which table or figure is looked for in which."""


@dataclass(frozen=True)
class Audit:
    """Findings about some families. fits: by table and base network. twins: by the two places compared."""

    families: tuple[str, ...]
    recounts: tuple[Recount, ...]
    fits: dict[tuple[str, str], list[Fit]]
    places: list[Place]
    twins: dict[tuple[str, str], dict[Row, list[Twin]]]
    solved: list[Solved]
    steps: list[Step]
    sightings: list[Sighting]
    statements: list[Statement]


@cache
def audited_families() -> tuple[str, ...]:
    """The lab's families that any published row is about, sorted."""
    return tuple(sorted({row.family for row in rows() if row.family} | {one.family for one in counters.statements()}))


def audit(asked: Collection[str]) -> Audit:
    """Counts every published row about some families. Raises UserError for a family without published rows."""
    for name in asked:
        if name not in audited_families():
            raise unknown_name("family with published rows", name, audited_families())
    whole = set(asked) == set(audited_families())
    own = tuple(row for row in rows() if row.family in asked or (whole and not row.family))
    recounts = tuple(recount(row) for row in own)
    return Audit(
        families=tuple(sorted(set(asked))),
        recounts=recounts,
        fits=_fits(recounts),
        places=places.places(own),
        twins={pair: places.twins(own, *pair) for pair in PAIRS} if B0 in asked else {},
        solved=places.solved(own),
        steps=[step for step in coefficients.steps() if FAMILIES[step.model] in asked],
        sightings=[each for each in versions.sightings(rows()) if whole or FAMILIES.get(each.model) in asked],
        statements=[one for one in counters.statements() if one.family in asked],
    )


def _fits(recounts: Sequence[Recount]) -> dict[tuple[str, str], list[Fit]]:
    found = {where: swaps.swaps(items) for where, items in swaps.by_base(recounts).items()}
    return {where: fits for where, fits in found.items() if fits}
