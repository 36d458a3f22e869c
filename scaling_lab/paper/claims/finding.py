"""A verdict and its parts, the same for every claim."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["holds", "does not hold", "cannot be told"]
HOLDS: Verdict = "holds"
FAILS: Verdict = "does not hold"
UNTOLD: Verdict = "cannot be told"


@dataclass(frozen=True)
class Judged:
    """A claim tested at one place. where: a family and setting, or a published table. evidence: one sentence."""

    where: str
    verdict: Verdict
    evidence: str


@dataclass(frozen=True)
class Finding:
    """A claim, where it comes from, and what one place says about it.

    claim: its short name; source: paper and place in it; on: whose numbers; the rest as in `Judged`.
    """

    claim: str
    statement: str
    source: str
    on: Literal["published", "measured"]
    where: str
    verdict: Verdict
    evidence: str


def verdict(gaps: Iterable[tuple[float, float]]) -> Verdict:
    """Of a claim that says every gap is above zero, from gaps and the margins that they must pass.

    Holds if every gap is above its margin; does not if any is below minus its margin; else, or without gaps, untold.
    """
    pairs = list(gaps)
    if any(gap < -margin for gap, margin in pairs):
        return FAILS
    return HOLDS if pairs and all(gap > margin for gap, margin in pairs) else UNTOLD


def span(values: Iterable[float], digits: int = 2) -> str:
    """The least and the most: 0.52 to 1.10, or one number."""
    numbers = list(values)
    least, most = f"{min(numbers):.{digits}f}", f"{max(numbers):.{digits}f}"
    return least if least == most else f"{least} to {most}"
