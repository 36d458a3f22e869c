"""The contents of a report as plain values: a pure function of plan, results and table."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from scaling_lab.analysis.mixture import describe_hardware
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.analysis.text.seed_counts import format_seed_counts
from scaling_lab.formatting import TIMES, join_words, pluralize
from scaling_lab.report.answers import build_answers
from scaling_lab.report.claims import group_claims
from scaling_lab.report.costs import cost_groups
from scaling_lab.report.failures import list_failures, list_ignored, list_left_out
from scaling_lab.report.figures.style import rule_styles
from scaling_lab.report.headline import describe_training, summarize_study
from scaling_lab.report.point_rows import MAX_POINTS
from scaling_lab.report.published_gains import list_gains
from scaling_lab.store.code_version import count_versions, describe_mixed_versions
from scaling_lab.store.runs import Run, read_runs

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
        "ignored": [*list_left_out(folder.skipped), *list_ignored(stored, points)],
        "failures": list_failures(stored, points),
    }


def _compare(study: StudyComparison, any_done: bool, is_large: bool) -> dict[str, Any]:
    """Return the template values of all sections about comparisons."""
    gains = study.gains if any_done else []
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
    times = " ".join(describe_hardware(table, "train_seconds"))
    return {"costs": groups, "costs_note": note, "times_note": times}


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
    counts = format_seed_counts(table)
    each = f"; {counts} of each network" if " " in counts else ""
    return (
        f"How does accuracy grow with {scaling} for {_count_families(table)} "
        f"({join_words(table['family'].unique())})? Trained on {describe_training(table)}{grid}, "
        f"{pluralize(len(seeds), 'seed')} ({join_words(map(str, seeds))}{each}). {shared}"
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
    return f"{minutes} min {seconds} s on {workers}, with {points} to train, from {when} UTC"


def _values(column: "pd.Series[Any]") -> list[str]:
    """Return the distinct values as sorted strings; integers that pandas made floats lose their `.0`."""
    values = column.dropna().unique()
    return sorted(f"{value:g}" if isinstance(value, float) else str(value) for value in values)


def _count_families(table: pd.DataFrame) -> str:
    number = table["family"].nunique()
    return "1 family" if number == 1 else f"{number} families"
