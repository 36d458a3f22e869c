"""Claims of two papers, one module per claim, judged on published numbers and on a study's own.

To add a claim, write a module here with one `Claim` value, which quotes a sentence of the paper and says how it is
tested. Verdicts are computed; where numbers are missing, the verdict is "cannot be told" and the evidence names what is
missing. Verdicts on published numbers have words of their own, because they have no error rates.

The quotations of arXiv 1905.11946 were compared with its text (v5). Of arXiv 2103.06877 only the abstract and a review
of the body could be read.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal

from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.rule_pairs import ALL_PAIRS
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.paper.claims.finding import OUT_OF_SCOPE, PRINTED_VERDICTS, UNDECIDED, Claim, Finding, Judgement

__all__ = ["Claim", "Finding", "Judgement", "all_claims", "judge_claims"]


@cache
def all_claims() -> dict[str, Claim]:
    """Return the claims by module name, in alphabetical order."""
    claims = {}
    for name in sorted(module.name for module in iter_modules(__path__)):
        for value in vars(import_module(f"{__name__}.{name}")).values():
            if isinstance(value, Claim):
                claims[name] = value
    return claims


def judge_claims(evidence: Evidence | None, options: VerdictOptions = ALL_PAIRS) -> list[Finding]:
    """Judge every claim on published numbers and then, given a study's evidence, on measured ones.

    Args:
        evidence: A study's evidence; None for published numbers alone. If it is not by accuracy, only the claims that
            another metric can decide are judged, and no published numbers, which are accuracies.
        options: Planned contrasts and smallest difference that matters of the study.
    """
    if evidence is None:
        return list(_published())
    metric = evidence.metric
    nothing = [Judgement("the table", UNDECIDED, "The table has no networks that this claim is about.")]

    def judge(claim: Claim) -> list[Judgement]:
        if claim.accuracy_alone and not metric.is_accuracy:
            reason = f"The claim is about accuracies or seconds; {metric.label} does not decide it."
            return [Judgement("the table", OUT_OF_SCOPE, reason)]
        judgements = claim.judge_measured(evidence, options) if claim.needs_options else claim.judge_measured(evidence)
        return judgements or nothing

    measured = _findings("measured", judge)
    if metric.is_accuracy:
        return [*_published(), *measured]
    note = f" Differences in {metric.unit} are positive where better." if metric.is_loss else ""
    return [
        replace(
            finding,
            where=f"{finding.where}; {metric.label}",
            evidence=finding.evidence + note * (f" {metric.unit} " in finding.evidence),
        )
        for finding in measured
    ]


@cache
def _published() -> tuple[Finding, ...]:
    return tuple(_findings("published", lambda claim: claim.judge_published()))


def _findings(on: Literal["published", "measured"], judge: Callable[[Claim], list[Judgement]]) -> Iterator[Finding]:
    for claim in all_claims().values():
        for judgement in judge(claim):
            yield Finding(
                claim=claim.name,
                statement=claim.statement,
                source=claim.source,
                test=claim.test,
                on=on,
                where=judgement.where,
                verdict=PRINTED_VERDICTS[judgement.verdict] if on == "published" else judgement.verdict,
                evidence=judgement.evidence,
            )
