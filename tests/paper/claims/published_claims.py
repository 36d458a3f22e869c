"""What claims say about published numbers."""

from functools import cache

from scaling_lab.paper.claims import judge_claims


@cache
def judged():
    return judge_claims(None)


def evidence_of(claim, where):
    (finding,) = [each for each in judged() if each.claim == claim and each.where == where]
    return finding.evidence
