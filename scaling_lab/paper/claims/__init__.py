"""What two papers claim, one file a claim: what published numbers say about it, and what a study's own say.

A claim is a module here with `NAME`, `STATEMENT`, `SOURCE`, `published() -> list[Judged]` and
`measured(evidence) -> list[Judged]`. Writing the file is all it takes to be judged. Verdicts are computed, never
written down; what is missing makes one that cannot be told, with the reason.
"""

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Literal

from scaling_lab.analysis.evidence import Evidence
from scaling_lab.paper.claims.finding import UNTOLD, Finding, Judged

__all__ = ["Finding", "Judged", "claims", "judge_claims"]


def claims() -> dict[str, Any]:
    """The claims' modules by file name, in alphabetical order."""
    modules = {found.name: import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)}
    return {name: modules[name] for name in sorted(modules) if hasattr(modules[name], "STATEMENT")}


def judge_claims(evidence: Evidence | None) -> list[Finding]:
    """Every claim on published numbers, then on measured ones; without evidence only the first. None is left out."""
    if evidence is None:
        return list(_published())
    nothing = [Judged("the table", UNTOLD, "The table has no networks that this claim is about.")]
    return [*_published(), *_all("measured", lambda module: module.measured(evidence) or nothing)]


@cache
def _published() -> tuple[Finding, ...]:
    return tuple(_all("published", lambda module: module.published()))


def _all(on: Literal["published", "measured"], judged: Callable[[Any], list[Judged]]) -> Iterator[Finding]:
    return (_finding(module, on, each) for module in claims().values() for each in judged(module))


def _finding(module: Any, on: Literal["published", "measured"], judged: Judged) -> Finding:
    return Finding(
        claim=module.NAME,
        statement=module.STATEMENT,
        source=module.SOURCE,
        on=on,
        where=judged.where,
        verdict=judged.verdict,
        evidence=judged.evidence,
    )
