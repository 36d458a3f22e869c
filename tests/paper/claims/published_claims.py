"""What claims say about published numbers."""

from functools import cache

from scaling_lab.paper.claims import judge_claims


@cache
def judged():
    return judge_claims(None)


def evidence_of(claim, where):
    (finding,) = [finding for finding in judged() if finding.claim == claim and finding.where == where]
    return finding.evidence
