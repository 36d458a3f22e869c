"""Sentences on questions, results and points that are not in the averages of a page."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from scaling_lab.analysis.unlearned.at_chance import REASON, find_unlearned
from scaling_lab.formatting import TIMES, make_printable, pluralize
from scaling_lab.store.plan_schema import Skipped
from scaling_lab.store.results import StoredResults

MAX_LISTED = 12  # questions in a sentence


def list_left_out(skipped: Sequence[Skipped]) -> list[str]:
    """Return a sentence for each reason for which the plan leaves out questions."""
    labels: dict[str, list[str]] = {}
    for entry in skipped:
        labels.setdefault(entry.reason, []).append(_label(vars(entry.question)))
    return [
        f"The plan leaves out {pluralize(len(names), 'question')} that no network answers ({reason}): "
        f"{'; '.join(names[:MAX_LISTED])}{'; ...' if len(names) > MAX_LISTED else ''}."
        for reason, names in labels.items()
    ]


def list_ignored(stored: StoredResults, points: pd.DataFrame) -> list[str]:
    """Return sentences on results that are left out: unreadable ones, networks that did not learn, other plans.

    Args:
        stored: The results of a folder.
        points: One row per point.
    """
    sentences = []
    if stored.broken:
        subject = "file is unreadable and was" if len(stored.broken) == 1 else "files are unreadable and were"
        files = ", ".join(f"{make_printable(name)} ({reason})" for name, reason in stored.broken.items())
        sentences.append(f"{len(stored.broken)} result {subject} left out: {files}.")
    unlearned = points[find_unlearned(points)].to_dict("records")
    if unlearned:
        subject = "result is" if len(unlearned) == 1 else "results are"
        named = "; ".join(f"{_question(row)}, {100 * row['test_accuracy']:.1f} %" for row in unlearned)
        sentences.append(
            f"{len(unlearned)} {subject} left out of averages, comparisons and figures because {REASON}: {named}."
        )
    others = len(set(stored.results) - set(points["key"]))
    if others:
        subject = "result belongs" if others == 1 else "results belong"
        sentences.append(f"{others} {subject} to other plans and {'is' if others == 1 else 'are'} not shown.")
    return sentences


def list_failures(stored: StoredResults, points: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the question and the reason of each failed point."""
    failed = points[points["state"] == "failed"].to_dict("records")
    return [(_question(row), stored.failures[str(row["key"])]) for row in failed]


def _question(row: Mapping[Hashable, Any]) -> str:
    return f"{_label(row)} ({row['key']})"


def _label(row: Mapping[Any, Any]) -> str:
    times = row["times_flops"]
    scaled = (
        f"{row['rule']} {times:g}{TIMES}" if pd.notna(times) else f"{row['rule']} {row['d']}, {row['w']}, {row['r']}"
    )
    return f"{row['family']}, {'baseline' if times == 1 else scaled}, seed {row['seed']}"
