"""Describe the networks that did not learn: how many, at which rate by rule, and what they change."""

from collections.abc import Mapping, Sequence

import pandas as pd

from scaling_lab.analysis.unlearned.kinds import (
    UNLEARNED_KINDS,
    LearningCount,
    classify_points,
    count_unlearned,
)
from scaling_lab.analysis.unlearned.verdict_changes import VerdictChanges
from scaling_lab.formatting import DOTS, TIMES, join_words, pluralize

MAX_LISTED = 12
"""Points or networks named in a sentence."""


def describe_unlearned(rows: pd.DataFrame, failures: Mapping[str, str] | None = None) -> list[str]:
    """Return a headline on the networks that did not learn, their names, and their rates by rule; empty without any.

    Args:
        rows: Table with one row per question.
        failures: Reason of each failed point, by key.
    """
    points = classify_points(rows, failures)
    if not (points["unlearned"] != "").any():
        return []
    sentences = [headline(points)]
    collapsed = points[points["unlearned"] == "collapsed"]
    if len(collapsed):
        sentences.append(
            f"Collapsed, far below other seeds of the same network but above chance, and kept in averages: "
            f"{_names(collapsed)}."
        )
    return [*sentences, describe_rates(count_unlearned(points))]


def headline(points: pd.DataFrame) -> str:
    """Return how many of the points of `classify_points` did not learn, and why."""
    kinds = points["unlearned"].tolist()
    counts = {kind: kinds.count(kind) for kind in UNLEARNED_KINDS}
    total, parts = sum(counts.values()), [f"{number} {kind}" for kind, number in counts.items() if number]
    if counts["at chance"] == len(kinds):
        accuracies = 100 * points["test_accuracy"].astype(float)
        span = dict.fromkeys(f"{value:.1f}" for value in (accuracies.min(), accuracies.max()))
        return (
            f"No network learned: the test accuracy of all {pluralize(len(kinds), 'trained network')} is at chance "
            f"({' to '.join(span)} %). A learning rate that is too high is the usual cause."
        )
    if total == len(kinds):
        return f"No network learned: of {pluralize(total, 'trained network')}, {join_words(parts)}."
    left_out = "; those at chance are left out of averages" if counts["at chance"] else ""
    return f"{total} of {pluralize(len(kinds), 'trained network')} did not learn: {join_words(parts)}{left_out}."


def describe_rates(counts: Sequence[LearningCount]) -> str:
    """Return the rate of each rule with its exact interval."""
    parts = []
    for count in counts:
        low, high = (100 * end for end in count.interval())
        parts.append(f"{count.rule} {count.unlearned} of {count.trained} ({low:.0f} {DOTS} {high:.0f} %)")
    return f"Networks that did not learn, with exact 95 % intervals of their rate: {join_words(parts)}."


def describe_drawn(rows: pd.DataFrame) -> str:
    """Return what figures do with the networks that did not learn or whose training failed; empty if there are none."""
    kinds = classify_points(rows)["unlearned"].tolist()
    at_chance, collapsed = kinds.count("at chance"), kinds.count("collapsed")
    sentences = _list_failed(rows)
    if at_chance:
        sentences.append(f"Not drawn: {pluralize(at_chance, 'network')} at chance.")
    if collapsed:
        sentences.append(f"Drawn and counted in means: {pluralize(collapsed, 'collapsed seed')}.")
    return " ".join(sentences)


def _list_failed(rows: pd.DataFrame) -> list[str]:
    """Return a sentence on the networks whose trainings failed; none without any."""
    failed = rows[rows["state"] == "failed"] if "state" in rows else rows.iloc[:0]
    if failed.empty:
        return []
    budgets = failed["times_flops"].map(lambda times: "" if pd.isna(times) else f" {times:g}{TIMES}")
    networks = list((failed["family"].astype(str) + ", " + failed["rule"] + budgets).unique())
    more = f" and {len(networks) - MAX_LISTED} more" if len(networks) > MAX_LISTED else ""
    points = pluralize(failed["key"].nunique(), "point")
    return [f"Not drawn: {points} whose training failed ({'; '.join(networks[:MAX_LISTED])}{more})."]


def describe_verdict_changes(changes: VerdictChanges) -> list[str]:
    """Return what verdicts would be with the results at chance, and without the collapsed seeds."""
    sentences = []
    if changes.with_chance is not None:
        sentences.append(f"With the results at chance, {_list_changes(changes.with_chance)}.")
    if changes.without_collapsed is not None:
        sentences.append(f"Without the collapsed seeds, {_list_changes(changes.without_collapsed)}.")
    return sentences


def _list_changes(changes: Sequence[str]) -> str:
    if not changes:
        return "no verdict changes"
    shown = [*changes[:MAX_LISTED], *(["..."] if len(changes) > MAX_LISTED else [])]
    return f"{pluralize(len(changes), 'verdict')} change{'s' if len(changes) == 1 else ''}: {'; '.join(shown)}"


def _names(points: pd.DataFrame) -> str:
    names = []
    for row in points.head(MAX_LISTED).to_dict("records"):
        times = row["times_flops"]
        scaled = f"{row['rule']} {times:g}{TIMES}" if pd.notna(times) else str(row["rule"])
        network = "baseline" if times == 1 else scaled
        names.append(f"{row['family']} {network} seed {row['seed']} ({100 * row['test_accuracy']:.1f} %)")
    return ", ".join(names) + (" ..." if len(points) > MAX_LISTED else "")
