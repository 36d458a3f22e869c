"""What several studies say, as one Markdown page: studies, the papers' claims, extra seeds needed, and verdicts."""

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import Any

import pandas as pd

from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.analysis.text.comparisons import format_title
from scaling_lab.analysis.text.headlines import summarize_comparison
from scaling_lab.formatting import TIMES, join_words, make_printable, pluralize
from scaling_lab.paper.claims import Finding, all_claims, judge_claims
from scaling_lab.paper.claims.finding import FAILS, HOLDS, OUT_OF_SCOPE, UNDECIDED
from scaling_lab.report.undecided_pairs import UNDECIDED_HEAD, undecided_rows

DECIDED = (HOLDS, FAILS)
SECONDS_PER_HOUR = 3600
_STUDY_HEAD = (
    *("study", "networks", "data", "epochs", "rules", "budgets", "learning rates", "seeds", "points", "core hours"),
)


def build_summary(studies: Mapping[str, StudyComparison], command: str) -> str:
    """Return the text of the page.

    Args:
        studies: The studies by name, in the order of the page.
        command: The command that writes it.
    """
    findings = {name: _measured(study) for name, study in studies.items()}
    lines = [
        "# What the studies here measured",
        "",
        f"Written by `{command}` from the results; nothing is typed in. Verdicts are those of the page of each study:",
        "measured networks at equal FLOPs (multiply-adds), 95 % intervals for other seeds and, where answers to",
        "single test images are recorded, for other test images.",
        "",
        *_study_section(studies),
        *_overview_section(findings),
        *(line for name in all_claims() for line in _claim_section(name, findings)),
        *_undecided_section(studies),
        *_verdict_section(studies),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _measured(study: StudyComparison) -> list[Finding]:
    findings = judge_claims(study.evidence, study.options)
    return [finding for finding in findings if finding.on == "measured"]


def _study_section(studies: Mapping[str, StudyComparison]) -> list[str]:
    rows = [_study_row(name, study) for name, study in studies.items()]
    tables = [_done(study.table)[["key", "state", "point_seconds"]] for study in studies.values()]
    hours = _core_hours(pd.concat(tables, ignore_index=True))
    processors = sorted({str(name) for study in studies.values() for name in _done(study.table)["processor"].dropna()})
    return [
        "## Studies",
        "",
        *_table(_STUDY_HEAD, rows),
        "",
        f"Core hours in all: {_format_hours(hours)}, one worker on one core of "
        f"{join_words(processors) or 'an unknown processor'}; a point of several studies counts once. A budget is a "
        "multiple of the baseline's FLOPs.",
        "",
    ]


def _study_row(name: str, study: StudyComparison) -> list[str]:
    table, points = study.table, study.table.drop_duplicates(subset=["key"])
    done = _done(table)
    return [
        f"[{name}]({name}/index.html)",
        join_words(table["family"].unique()),
        join_words(table["dataset"].unique()),
        _numbers(done["epochs"]) or "not recorded",
        str(table.loc[table["times_flops"] != 1, "rule"].nunique()),
        _numbers(table["times_flops"], TIMES),
        _numbers(table["lr_times"], TIMES),
        _numbers(table.groupby(["family", "rule", "times_flops"], dropna=False)["seed"].nunique()),
        f"{len(done)}" if len(done) == len(points) else f"{len(done)} of {len(points)}",
        _format_hours(_core_hours(table)),
    ]


def _done(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["state"] == "done"].drop_duplicates(subset=["key"])


def _core_hours(table: pd.DataFrame) -> float:
    """Return the hours of the points with a recorded time; not a number if none has."""
    return float(_done(table)["point_seconds"].astype(float).sum(min_count=1)) / SECONDS_PER_HOUR


def _format_hours(hours: float) -> str:
    return "not recorded" if isnan(hours) else f"{hours:.1f}"


def _numbers(values: "pd.Series[Any]", unit: str = "") -> str:
    return ", ".join(f"{value:g}{unit}" for value in sorted(values.dropna().unique().astype(float)))


def _overview_section(findings: dict[str, list[Finding]]) -> list[str]:
    """Return a row per study: how often each claim holds, does not hold or is undecided in it."""
    names = [claim.name for claim in all_claims().values()]
    rows = [[study, *(_count_verdicts(own, name) for name in names)] for study, own in findings.items()]
    links = (f"[{name}](#{_anchor(name)})" for name in names)
    return ["## The papers' claims", "", *_table(("study", *links), rows), ""]


def _count_verdicts(findings: Iterable[Finding], claim: str) -> str:
    verdicts = [finding.verdict for finding in findings if finding.claim == claim]
    counts = ((verdict, verdicts.count(verdict)) for verdict in (HOLDS, FAILS, UNDECIDED, OUT_OF_SCOPE))
    return ", ".join(f"{count} {verdict}" for verdict, count in counts if count)


def _claim_section(name: str, findings: dict[str, list[Finding]]) -> list[str]:
    claim = all_claims()[name]
    own = [
        (study, finding)
        for study, own_findings in findings.items()
        for finding in own_findings
        if finding.claim == claim.name
    ]
    decided = [(study, finding) for study, finding in own if finding.verdict in DECIDED]
    decided.sort(key=lambda pair: DECIDED.index(pair[1].verdict))
    rows = [[finding.verdict, study, finding.where, finding.evidence] for study, finding in decided]
    table = [*_table(("verdict", "study", "where", "evidence"), rows), ""] if rows else []
    return [
        f"### {claim.name[0].upper()}{claim.name[1:]}",
        "",
        f"> {claim.statement} ({claim.source})",
        "",
        claim.test,
        "",
        *table,
        *_undecided(own),
    ]


def _undecided(own: Iterable[tuple[str, Finding]]) -> list[str]:
    """Return the judgements that decide nothing, folded: what is missing is part of each evidence."""
    rows = [
        [study, finding.where, finding.evidence]
        for study, finding in own
        if finding.verdict in (UNDECIDED, OUT_OF_SCOPE)
    ]
    if not rows:
        return []
    return [
        f"<details><summary>Not decided in {pluralize(len(rows), 'place')}</summary>",
        "",
        *_table(("study", "where", "evidence, and what is missing"), rows),
        "",
        "</details>",
        "",
    ]


def _undecided_section(studies: Mapping[str, StudyComparison]) -> list[str]:
    """Return the extra seeds that would decide each undecided pair of rules, and which studies have no delta."""
    rows = undecided_rows(studies)
    without = [name for name, study in studies.items() if study.options.delta is None]
    notes = [
        "These pairs of rules are neither told apart nor alike within delta, the smallest difference that matters. The",
        "interval of some excludes 0, because p values are corrected for other pairs and for looks. With so many more",
        "seeds of each, rules that differ by delta are told apart, and equal rules are found alike, in four of five",
        "repetitions. Pairs without an interval are not listed.",
    ]
    if any("*" in row[2] for row in rows):
        notes.append("Starred rules have other shares at this budget: seeds do not help, another budget does.")
    if without:
        notes.append(f"No delta is set, so no number of seeds is known, for {join_words(without)}.")
    return ["## Extra seeds needed", "", *notes, "", *(_table(UNDECIDED_HEAD, rows) if rows else ["None."]), ""]


def _verdict_section(studies: Mapping[str, StudyComparison]) -> list[str]:
    lines = ["## Verdicts at equal FLOPs", ""]
    for name, study in studies.items():
        sentences = [
            f"- **{_escape(format_title(comparison))}.** {_escape(summarize_comparison(comparison))}"
            for comparison in study.budget_comparisons
            if comparison.pairs and comparison.level != 1
        ]
        lines += [f"### {_escape(name)}", "", *(sentences or ["Nothing to compare."]), ""]
    return lines


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(map(_escape, head))} |", f"| {' | '.join('---' for _ in head)} |"]
    return [*lines, *(f"| {' | '.join(_escape(cell) for cell in row)} |" for row in rows)]


def _escape(text: str) -> str:
    """Return a text of one line without what Markdown or HTML would read in it; links of this module stay."""
    return make_printable(text).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")
