"""The contents of a report as plain values: a pure function of plan, results and table."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from scaling_lab.analysis.gains import compare_with_baseline
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.analysis.unlearned.at_chance import REASON, find_unlearned
from scaling_lab.formatting import TIMES, join_words, make_printable, pluralize
from scaling_lab.report.answers import build_answers
from scaling_lab.report.claims import group_claims
from scaling_lab.report.costs import cost_groups
from scaling_lab.report.figures.style import rule_styles
from scaling_lab.report.headline import describe_training, summarize_study
from scaling_lab.report.point_rows import MAX_POINTS
from scaling_lab.report.published_gains import list_gains
from scaling_lab.store.code_version import count_versions, describe_mixed_versions
from scaling_lab.store.plan_schema import Skipped
from scaling_lab.store.results import StoredResults
from scaling_lab.store.runs import Run, read_runs

MAX_LISTED = 12  # questions in a sentence
MAX_NETWORKS = 1000
"""Largest number of networks in a table of the page."""


def build_contents(study: StudyComparison) -> dict[str, Any]:
    """Return the template values of the page except figures and commands, not yet escaped."""
    folder, table = study.folder, study.table
    stored = folder.stored
    points = table.drop_duplicates(subset=["key"])
    done = points[points["state"] == "done"]
    states = {state: int((points["state"] == state).sum()) for state in ("done", "failed", "missing")}
    return {
        "study": folder.study,
        "metric": "" if study.metric.is_accuracy else study.metric.label,
        "question": _describe_question(table, len(points), is_imported=folder.is_imported),
        "points": len(points),
        "is_imported": folder.is_imported,
        "states": states,
        "unlearned": folder.unlearned,
        **_compare(study, bool(len(done)), len(points) > MAX_POINTS),
        **_cost_values(table),
        "run": _run(folder.commands, done, read_runs(folder.store)),
        "ignored": [*_left_out(folder.skipped), *_ignored(stored, points)],
        "failures": _failures(stored, points),
    }


def _compare(study: StudyComparison, any_done: bool, is_large: bool) -> dict[str, Any]:
    """Return the template values of all sections about comparisons."""
    gains = compare_with_baseline(study.evidence.at_recipe_lr(), study.options) if any_done else []
    rules = list(rule_styles(study.table["rule"]))
    answers = build_answers(study, gains, is_large) if any_done else None
    return {
        "answers": answers,
        "summary": summarize_study(study, gains) if any_done else [],
        "claims": group_claims(answers["claims"]) if answers else {},
        "published_gains": list_gains(gains, rules) if study.metric.has_answers else [],
        "gain_unit": study.metric.unit,
    }


def _cost_values(table: pd.DataFrame) -> dict[str, Any]:
    """Return the groups of the tables of costs, and a note where they lack networks."""
    groups, left_out = cost_groups(table, MAX_NETWORKS)
    note = (
        f"The first {MAX_NETWORKS:,} networks; {left_out:,} more are in files/accuracy.csv and in table.csv. "
        if left_out
        else ""
    )
    return {"costs": groups, "costs_note": note}


def _describe_question(table: pd.DataFrame, points: int, is_imported: bool) -> str:
    if table.empty:
        return "The plan has no questions."
    scaled = table[table["times_flops"] != 1]
    budgets = [f"{times:g}{TIMES}" for times in sorted(set(scaled["times_flops"].dropna()))]
    rules = list(rule_styles(scaled["rule"]))
    scaling = "no scaling (baselines only)"
    if rules:
        at = (
            f"at {join_words(budgets)} the baseline's FLOPs (multiply-adds)" if budgets else "with explicit multipliers"
        )
        scaling = f"{pluralize(len(rules), 'rule')} ({join_words(rules)}) {at}"
    seeds = sorted(table["seed"].unique())
    rates = [f"{rate:g}" for rate in sorted(table["lr_times"].unique()) if rate != 1]
    shared = (
        f"{pluralize(points, 'training')}, which were imported."
        if is_imported
        else f"Questions that give the same network share a point: {len(table)} questions, {points} points."
    )
    grid = f", also at {join_words(rates)} times its learning rate" if rates else ""
    return (
        f"How does accuracy grow with {scaling} for {_count_families(table)} "
        f"({join_words(table['family'].unique())})? Trained on {describe_training(table)}{grid}, "
        f"{pluralize(len(seeds), 'seed')} ({join_words(map(str, seeds))}). {shared}"
    )


def _run(commands: Sequence[Sequence[str]], done: pd.DataFrame, runs: Sequence[Run]) -> list[tuple[str, str]]:
    """Return how the finished points were made, as pairs of term and value."""
    overrides = [("overrides", " ".join(command) or "none (defaults)") for command in commands]
    if done.empty:
        return overrides
    labels = {
        "device": "device",
        "processor": "processor",
        "cores": "cores",
        "system": "system",
        "threads": "threads per worker",
        "torch": "torch",
        "python": "Python",
        "commit": "commit of the code",
    }
    run = [(label, join_words(_values(done[name])) or "not recorded") for name, label in labels.items()]
    if codes := _values(done["code"]):
        run.append(("digest of the code", join_words(codes)))
    made = done[["code", "commit", "torch"]].astype(object).to_dict("records")
    provenance = ({str(name): value for name, value in row.items() if pd.notna(value)} for row in made)
    if mixed := describe_mixed_versions(count_versions(provenance)):
        run.append(("versions", f"the table spans {mixed}"))
    finished = sorted(map(str, done["finished"].dropna()))
    if finished:
        first, last = (when[:16].replace("T", " ") for when in (finished[0], finished[-1]))
        run.append(("finished (UTC)", f"first {first}, last {last}"))
    if sources := _values(done["source"]):
        run.append(("imported from", join_words(sources)))
    if done["point_seconds"].notna().any():
        seconds, total = done["train_seconds"].astype(float).sum(), done["point_seconds"].astype(float).sum()
        points = pluralize(len(done), "point")
        run.append(
            ("training", f"{seconds:,.0f} s in total over {points}; {total:,.0f} s including building and testing")
        )
    run += [("wall time", _wall(session)) for session in runs if session.points]
    images = join_words(sorted({f"{int(n):,}" for n in done["test_pictures"].dropna()}))
    run.append(("test images", images or "not recorded"))
    return run + overrides


def _wall(run: Run) -> str:
    minutes, seconds = divmod(round(run.seconds), 60)
    points, workers = pluralize(run.points, "point"), pluralize(run.workers, "worker")
    when = run.started[:16].replace("T", " ")
    return f"{minutes} min {seconds} s for {points} on {workers}, from {when} UTC"


def _left_out(skipped: Sequence[Skipped]) -> list[str]:
    """Return a sentence for each reason for which the plan leaves out questions."""
    labels: dict[str, list[str]] = {}
    for entry in skipped:
        labels.setdefault(entry.reason, []).append(_label(vars(entry.question)))
    return [
        f"The plan leaves out {pluralize(len(names), 'question')} that no network answers ({reason}): "
        f"{'; '.join(names[:MAX_LISTED])}{'; ...' if len(names) > MAX_LISTED else ''}."
        for reason, names in labels.items()
    ]


def _ignored(stored: StoredResults, points: pd.DataFrame) -> list[str]:
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


def _failures(stored: StoredResults, points: pd.DataFrame) -> list[tuple[str, str]]:
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


def _values(column: "pd.Series[Any]") -> list[str]:
    """Return the distinct values as sorted strings; integers that pandas made floats lose their `.0`."""
    values = column.dropna().unique()
    return sorted(f"{value:g}" if isinstance(value, float) else str(value) for value in values)


def _count_families(table: pd.DataFrame) -> str:
    number = table["family"].nunique()
    return "1 family" if number == 1 else f"{number} families"
