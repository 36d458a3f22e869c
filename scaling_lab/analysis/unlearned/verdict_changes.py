"""Verdicts with and without the networks that did not learn."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.evidence import Evidence, collect_evidence
from scaling_lab.analysis.rule_pairs import RulePair
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.unlearned.at_chance import find_unlearned, with_unlearned
from scaling_lab.analysis.unlearned.kinds import find_collapsed
from scaling_lab.analysis.verdict_table import name_verdict

Compare = Callable[[Evidence], Sequence[RuleComparison]]


@dataclass(frozen=True)
class VerdictChanges:
    """Verdicts that differ from the usual ones, each in words.

    Attributes:
        with_chance: With the results at chance; None if there are none, or if they are part of the usual verdicts.
        without_collapsed: Without the collapsed seeds; None if there are none.
    """

    with_chance: tuple[str, ...] | None = None
    without_collapsed: tuple[str, ...] | None = None


def find_verdict_changes(
    rows: pd.DataFrame, compare: Compare, is_with_unlearned: bool = False, looks: Iterable[Look] = ()
) -> VerdictChanges:
    """Compare the rules again with the results at chance, and without the collapsed seeds.

    Args:
        rows: Table with one row per question.
        compare: Returns the comparisons of some evidence.
        is_with_unlearned: Whether the results at chance are part of the usual verdicts.
        looks: Earlier looks at the verdicts of the study, oldest first.
    """
    at_chance, collapsed = find_unlearned(rows), find_collapsed(rows)
    if not at_chance.any() and not collapsed.any():
        return VerdictChanges()
    looks = tuple(looks)
    usual_rows = with_unlearned(rows) if is_with_unlearned else rows
    usual = _verdicts(usual_rows, compare, looks)
    with_chance = without_collapsed = None
    if at_chance.any() and not is_with_unlearned:
        with_chance = _changes(usual, _verdicts(with_unlearned(rows), compare, looks))
    if collapsed.any():
        without_collapsed = _changes(usual, _verdicts(_without(usual_rows, collapsed), compare, looks))
    return VerdictChanges(with_chance, without_collapsed)


def _without(rows: pd.DataFrame, left_out: "pd.Series[bool]") -> pd.DataFrame:
    """Return a table in which some results are missing; their questions stay."""
    rows = rows.copy()
    rows.loc[left_out, "state"] = "failed"
    rows.loc[left_out, ["test_accuracy", "test_correct"]] = None
    return rows


def _verdicts(rows: pd.DataFrame, compare: Compare, looks: Iterable[Look]) -> dict[tuple[str, frozenset[str]], str]:
    """Return the verdict in words of each pair of rules, by comparison and pair."""
    verdicts = {}
    for comparison in compare(collect_evidence(rows, looks)):
        place = f"{comparison.setting.family} at {comparison.level:g} ({comparison.setting})"
        for pair in comparison.pairs:
            verdicts[place, frozenset((pair.first, pair.second))] = _describe(pair)
    return verdicts


def _describe(pair: RulePair) -> str:
    verdict = name_verdict(pair)
    return f"{pair.first} above {pair.second}" if verdict == "told apart" else verdict


def _changes(
    usual: dict[tuple[str, frozenset[str]], str], other: dict[tuple[str, frozenset[str]], str]
) -> tuple[str, ...]:
    changes = []
    for place, pair in {**usual, **other}:
        before, after = (verdicts.get((place, pair), "no verdict") for verdicts in (usual, other))
        if before != after:
            changes.append(f"{' and '.join(sorted(pair))}, {place}: {after} instead of {before}")
    return tuple(changes)
