"""What a report says, as plain values: a pure function of plan, results and table."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import pandas as pd

from scaling_lab.analysis.load import ResultsFolder
from scaling_lab.formatting import TIMES, join_words
from scaling_lab.report.answers import build_answers
from scaling_lab.report.costs import cost_groups
from scaling_lab.report.figures.style import rule_styles
from scaling_lab.store.code_version import count_versions, describe_mixed_versions
from scaling_lab.store.results import StoredResults
from scaling_lab.store.schema import Run


def build_contents(folder: ResultsFolder) -> dict[str, Any]:
    """Everything on the page but its figures and commands, not yet escaped."""
    stored, table = folder.stored, folder.table
    points = table.drop_duplicates(subset=["key"])
    done = points[points["state"] == "done"]
    states = {state: int((points["state"] == state).sum()) for state in ("done", "failed", "missing")}
    return {
        "study": folder.study,
        "asked": _asked(table, len(points)),
        "points": len(points),
        "states": states,
        "answers": build_answers(table) if len(done) else None,
        "costs": cost_groups(table),
        "run": _run(folder.overrides, done, folder.store.read_runs()),
        "left_out": _left_out(stored, points),
        "failures": _failures(stored, points),
    }


def _asked(table: pd.DataFrame, points: int) -> str:
    if table.empty:
        return "The plan asks nothing."
    scaled = table[table["times_flops"] != 1]
    budgets = [f"{times:g}{TIMES}" for times in sorted(set(scaled["times_flops"].dropna()))]
    rules = list(rule_styles(scaled["rule"]))
    scaling = "the baselines alone"
    if rules:
        at = (
            f"at {join_words(budgets)} the baseline's FLOPs (multiply-adds)" if budgets else "with explicit multipliers"
        )
        scaling = f"{_counted(rules, 'rule')} ({join_words(rules)}) {at}"
    data, recipes = table["dataset"].unique(), table["recipe"].unique()
    seeds = sorted(table["seed"].unique())
    rates = [f"{rate:g}" for rate in sorted(table["lr_times"].unique()) if rate != 1]
    grid = f", also at {join_words(rates)} times its learning rate" if rates else ""
    return (
        f"How does accuracy grow with {scaling}, for {_counted(table['family'].unique(), 'family', 'families')} "
        f"({join_words(table['family'].unique())})? Trained on {join_words(data)} under the recipe "
        f"{join_words(recipes)}{grid}, "
        f"{_counted(seeds, 'seed')} ({join_words(map(str, seeds))}). Questions with the same network share a point: "
        f"{len(table)} questions came to {points} points."
    )


def _run(asked: Sequence[str], done: pd.DataFrame, runs: Sequence[Run]) -> list[tuple[str, str]]:
    """How the finished points were made, term and value."""
    if done.empty:
        return [("asked", " ".join(asked) or "the defaults")]
    labels = {
        "device": "device",
        "processor": "processor",
        "cores": "cores",
        "system": "system",
        "threads": "threads a worker",
        "torch": "torch",
        "python": "Python",
        "commit": "commit of the code",
    }
    run = [(label, join_words(_values(done[name])) or "not recorded") for name, label in labels.items()]
    if codes := _values(done["code"]):
        run.append(("digest of the code", join_words(codes)))
    made = done[["code", "commit", "torch"]].astype(object).to_dict("records")
    if mixed := describe_mixed_versions(
        count_versions({name: value for name, value in row.items() if pd.notna(value)} for row in made)
    ):
        run.append(("versions", f"the table spans {mixed}"))
    finished = sorted(map(str, done["finished"].dropna()))
    if finished:
        first, last = (when[:16].replace("T", " ") for when in (finished[0], finished[-1]))
        run.append(("finished (UTC)", f"first {first}, last {last}"))
    seconds, whole = done["train_seconds"].astype(float).sum(), done["point_seconds"].astype(float).sum()
    run.append(
        ("training", f"{seconds:,.0f} s summed over {len(done)} points; {whole:,.0f} s with building and testing")
    )
    run += [("wall time", _wall(each)) for each in runs if each.points]
    run.append(("test pictures", join_words(sorted({f"{int(n):,}" for n in done["test_pictures"].dropna()}))))
    return [*run, ("asked", " ".join(asked) or "the defaults")]


def _wall(run: Run) -> str:
    minutes, seconds = divmod(round(run.seconds), 60)
    points, workers = _counted(range(run.points), "point"), _counted(range(run.workers), "worker")
    when = run.started[:16].replace("T", " ")
    return f"{minutes} min {seconds} s for {points} on {workers}, from {when} UTC"


def _left_out(stored: StoredResults, points: pd.DataFrame) -> list[str]:
    said = []
    if stored.broken:
        what = "file cannot be read and was" if len(stored.broken) == 1 else "files cannot be read and were"
        said.append(f"{len(stored.broken)} result {what} ignored: {', '.join(stored.broken)}.")
    others = len(set(stored.results) - set(points["key"]))
    if others:
        what = "result answers" if others == 1 else "results answer"
        said.append(f"{others} {what} no question of this plan and {'is' if others == 1 else 'are'} not shown.")
    return said


def _failures(stored: StoredResults, points: pd.DataFrame) -> list[tuple[str, str]]:
    """Failed points: the question and the reason."""
    failed = points[points["state"] == "failed"].to_dict("records")
    return [(_question(row), stored.failures[str(row["key"])]) for row in failed]


def _question(row: dict[Hashable, Any]) -> str:
    times = row["times_flops"]
    scaled = (
        f"{row['rule']} {times:g}{TIMES}" if pd.notna(times) else f"{row['rule']} {row['d']}, {row['w']}, {row['r']}"
    )
    return f"{row['family']}, {'baseline' if times == 1 else scaled}, seed {row['seed']} ({row['key']})"


def _values(column: pd.Series) -> list[str]:
    """The different values as text, sorted; numbers that lost their type to missing ones are whole again."""
    kept = column.dropna().unique()
    return sorted(f"{value:g}" if isinstance(value, float) else str(value) for value in kept)


def _counted(values: Iterable[Any], thing: str, things: str | None = None) -> str:
    number = len(list(values))
    return f"{number} {thing if number == 1 else things or thing + 's'}"
