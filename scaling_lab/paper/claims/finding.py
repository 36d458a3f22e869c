"""Claims, and the verdicts on them: the values that all claims share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal[
    "holds",
    "does not hold",
    "cannot be told",
    "out of scope",
    "supported as printed",
    "contradicted as printed",
    "open as printed",
]
HOLDS: Verdict = "holds"
FAILS: Verdict = "does not hold"
UNDECIDED: Verdict = "cannot be told"
OUT_OF_SCOPE: Verdict = "out of scope"
PRINTED_VERDICTS: dict[Verdict, Verdict] = {
    HOLDS: "supported as printed",
    FAILS: "contradicted as printed",
    UNDECIDED: "open as printed",
    OUT_OF_SCOPE: OUT_OF_SCOPE,
}
"""Verdicts on published numbers: readings of single runs, without the error rates of a test over seeds."""


@dataclass(frozen=True)
class Judgement:
    """The verdict on a claim in one place.

    Attributes:
        where: A family and setting, or a published table.
        verdict: Computed from the numbers; out of scope if these numbers are not what the claim is about.
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
        statement: The claim, in the words of the paper.
        source: Paper and place in it.
        test: What has to be found for it to hold, and what is not judged.
        judge_published: Judges the claim on published numbers.
        judge_measured: Judges the claim on a study's evidence; empty if the study has no network it is about.
        needs_options: Whether `judge_measured` also takes the study's `VerdictOptions`.
        accuracy_alone: Whether the claim is about accuracies or seconds, so that no other metric can decide it.
    """

    name: str
    statement: str
    source: str
    test: str
    judge_published: Callable[[], list[Judgement]]
    judge_measured: Callable[..., list[Judgement]]
    needs_options: bool = False
    accuracy_alone: bool = False


@dataclass(frozen=True)
class Finding:
    """A claim with one judgement of it; the fields are the columns of the exported table.

    Attributes:
        claim: Short name of the claim.
        statement: The claim, in the words of the paper.
        source: Paper and place in it.
        test: As in `Claim`.
        on: Whose numbers: published or measured.
        where: As in `Judgement`.
        verdict: As in `Judgement`; on published numbers in the words of `PRINTED_VERDICTS`.
        evidence: As in `Judgement`.
    """

    claim: str
    statement: str
    source: str
    test: str
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
