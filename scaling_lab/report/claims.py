"""The section of the page about the claims of papers: each claim once, with what the numbers say about it."""

from collections.abc import Iterable
from typing import Any

from scaling_lab.paper.claims.finding import FAILS, HOLDS, Finding


def group_claims(findings: Iterable[Finding]) -> dict[str, list[dict[str, Any]]]:
    """Return the template values of each claim.

    Returns:
        `decided`: claims that hold or do not hold somewhere on measured numbers; `open`: the others; `published`: all
        that are judged on published numbers.
    """
    measured, published = dict[str, dict[str, Any]](), dict[str, dict[str, Any]]()
    for finding in findings:
        claims = measured if finding.on == "measured" else published
        claim = {name: getattr(finding, name) for name in ("statement", "source", "test")}
        claims.setdefault(finding.claim, {"name": finding.claim, **claim, "findings": []})["findings"].append(finding)
    decided = [
        claim for claim in measured.values() if any(finding.verdict in (HOLDS, FAILS) for finding in claim["findings"])
    ]
    return {
        "decided": decided,
        "open": [claim for claim in measured.values() if claim not in decided],
        "published": list(published.values()),
    }
