"""Claims, and the verdicts on them: the values that all claims share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from scaling_lab.analysis.evidence import Evidence

Verdict = Literal["holds", "does not hold", "cannot be told"]
HOLDS: Verdict = "holds"
FAILS: Verdict = "does not hold"
UNDECIDED: Verdict = "cannot be told"


@dataclass(frozen=True)
class Judgement:
    """The verdict on a claim in one place.

    Attributes:
        where: A family and setting, or a published table.
        verdict: Computed from the numbers.
        evidence: One sentence with these numbers, or with what is missing.
    """

    where: str
    verdict: Verdict
    evidence: str


@dataclass(frozen=True)
class Claim:
    """A claim of a paper, and how it is judged.

    Attributes:
        name: Short name.
        statement: The claim in one sentence.
        source: Paper and place in it.
        judge_published: Judges the claim on published numbers.
        judge_measured: Judges the claim on a study's evidence; empty if the study has no network it is about.
    """

    name: str
    statement: str
    source: str
    judge_published: Callable[[], list[Judgement]]
    judge_measured: Callable[[Evidence], list[Judgement]]


@dataclass(frozen=True)
class Finding:
    """A claim with one judgement of it; the fields are the columns of the exported table.

    Attributes:
        claim: Short name of the claim.
        statement: The claim in one sentence.
        source: Paper and place in it.
        on: Whose numbers: published or measured.
        where: As in `Judgement`.
        verdict: As in `Judgement`.
        evidence: As in `Judgement`.
    """

    claim: str
    statement: str
    source: str
    on: Literal["published", "measured"]
    where: str
    verdict: Verdict
    evidence: str


def judge_gaps(gaps: Iterable[tuple[float, float]]) -> Verdict:
    """Judge a claim that every gap is above zero, from pairs of a gap and the margin that it must exceed.

    It holds if every gap is above its margin and does not hold if any gap is below minus its margin. Otherwise, and
    without gaps, it is undecided.
    """
    pairs = list(gaps)
    if any(gap < -margin for gap, margin in pairs):
        return FAILS
    return HOLDS if pairs and all(gap > margin for gap, margin in pairs) else UNDECIDED


def format_range(values: Iterable[float], digits: int = 2) -> str:
    """Return the least and greatest of some numbers, such as 0.52 to 1.10, or one number if they print the same."""
    numbers = list(values)
    least, greatest = f"{min(numbers):.{digits}f}", f"{max(numbers):.{digits}f}"
    return least if least == greatest else f"{least} to {greatest}"
