"""A plan as text: a line for each network, then the counts and the schedule."""

import sys
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from scaling_lab.formatting import format_forecast, pluralize
from scaling_lab.store.plan_schema import Entry, PlannedVerdicts, Question
from scaling_lab.study.context import SweepContext
from scaling_lab.study.display.axes import axis_lines
from scaling_lab.study.display.factory_lines import factory_lines
from scaling_lab.study.display.status_lines import format_counts
from scaling_lab.study.labels import network_label, question_label, varying_settings
from scaling_lab.study.other_plan import missing_of_other_commands
from scaling_lab.study.plan import Study, describe_refusals
from scaling_lab.study.planned_power import describe_power
from scaling_lab.study.schedule import Schedule
from scaling_lab.study.status import Status
from scaling_lab.study.unlearned import classify_unlearned, read_accuracies

MAX_NETWORKS = 60
MAX_REPEATED = 8  # questions
FALLBACK_WIDTH = 160  # columns if there is no terminal


def show_plan(sweep: SweepContext) -> None:
    """Print the axes and networks of this command, the questions that occur twice, and the counts of the whole plan."""
    study, status = sweep.study, sweep.status
    console = Console(width=None if sys.stdout.isatty() else FALLBACK_WIDTH)
    networks = _group_by_network(study)
    shown = varying_settings([entry.question for entry in study.plan.entries])
    accuracies = read_accuracies(sweep.store, sweep.plan, sweep.results, status)
    unlearned = classify_unlearned(accuracies, status)
    for sentence in unlearned.sentences:
        print(sentence)
    for line in axis_lines(study.plan):
        print(line)
    for line in factory_lines(study):
        print(line)
    for dataset in {planned.dataset.name: planned.dataset for planned in study.points.values()}.values():
        print(*dataset.summary.lines(), sep="\n")
    console.print(_table(status, networks[:MAX_NETWORKS], shown))
    if len(networks) > MAX_NETWORKS:
        print(f"... and {len(networks) - MAX_NETWORKS} more")
    if labels := list(dict.fromkeys(question_label(question, shown) for question in study.repeated)):
        print(f"duplicate questions (dropped): {_first(labels)}")
    for line in _skipped_lines(study):
        print(line)
    for line in _verdict_lines(sweep.plan.verdicts):
        print(line)
    learned = None if accuracies is None else accuracies[~accuracies["key"].isin(unlearned.kinds.keys())]
    if sentence := describe_power(study, learned):
        print(sentence)
    print(format_counts(sweep.plan, status))
    if note := missing_of_other_commands(sweep):
        print(note)


def show_schedule(schedule: Schedule, budget_hours: float | None) -> None:
    """Print the executor's notes, the comparisons that do not fit into the time budget, and the forecast."""
    for note in schedule.notes:
        print(note)
    for comparison in schedule.postponed:
        print(f"postponed (budget_hours={budget_hours:g}): {comparison.name}")
    if schedule.keys:
        print(format_schedule(len(schedule.keys), len(schedule.slots), schedule.wall_seconds))


def format_schedule(points: int, workers: int, seconds: float | None) -> str:
    """Return `18 points to train on 2 workers: about 8 min`; seconds is None if unknown."""
    return f"{pluralize(points, 'point')} to train on {pluralize(workers, 'worker')}: {format_forecast(seconds)}"


def _skipped_lines(study: Study) -> list[str]:
    questions: dict[str, list[Question]] = {}
    for skipped in study.plan.skipped:
        questions.setdefault(skipped.reason, []).append(skipped.question)
    return [f"left out (infeasible=skip): {line}" for line in describe_refusals(questions)]


def _verdict_lines(verdicts: PlannedVerdicts) -> Iterator[str]:
    """Yield lines on the pairs to test and the difference that matters, if they are set."""
    if verdicts.contrasts:
        late = verdicts.finished_before
        note = f" (set when {pluralize(late, 'point')} had a result, so not planned)" if late else ""
        yield f"contrasts: {', '.join(f'{first} - {second}' for first, second in verdicts.contrasts)}{note}"
    if verdicts.delta is not None:
        note = f" (set when {pluralize(verdicts.delta_after, 'point')} had a result)" if verdicts.delta_after else ""
        yield f"smallest difference that matters (delta): {verdicts.delta:g} points{note}"


def _table(status: Status, networks: Sequence[Sequence[Entry]], shown: Sequence[str]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("question", "obtained", "side", "depths", "mult-adds", "parameters", "state"):
        is_number = column in ("obtained", "side", "mult-adds", "parameters")
        table.add_column(column, justify="right" if is_number else "left")
    for entries in networks:
        first = entries[0]
        states = [status.state(key) for key in dict.fromkeys(entry.key for entry in entries)]
        table.add_row(
            ", ".join(dict.fromkeys(network_label(entry.question, shown) for entry in entries)),
            f"{first.times_flops_got:.3f}x",
            f"{first.side} px",
            "-".join(map(str, first.depths)),
            _with_prefix(first.flops),
            _with_prefix(first.params),
            ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)),
        )
    return table


def _group_by_network(study: Study) -> list[list[Entry]]:
    """Return the entries of each network, dataset and recipe, which differ in their seeds only."""
    networks: dict[object, list[Entry]] = {}
    for entry in study.plan.entries:
        point = study.points[entry.key].point
        networks.setdefault((point.network, point.data, point.recipe), []).append(entry)
    return list(networks.values())


def _with_prefix(number: int) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.4g} {unit}"
    return str(number)


def _first(names: Sequence[str]) -> str:
    more = len(names) - MAX_REPEATED
    return ", ".join(names[:MAX_REPEATED]) + (f" and {more} more" if more > 0 else "")
