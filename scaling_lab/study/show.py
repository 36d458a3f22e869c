"""A plan and how far it got, as text: a line a network, then the counts."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from scaling_lab.records import Entry
from scaling_lab.study.plan import Study, asked, label
from scaling_lab.study.status import Status

SHOWN = 60
WIDE = 160  # columns, where there is no terminal


def show(study: Study, status: Status, workers: int, seconds: float | None) -> None:
    """Prints the plan. seconds: what is left is forecast to take on so many workers; None is not known."""
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    networks = _by_network(study)
    console.print(_table(status, networks[:SHOWN]))
    if len(networks) > SHOWN:
        print(f"... and {len(networks) - SHOWN} more")
    print(counts(study, status))
    if status.left:
        print(f"{len(status.left)} to train on {workers} {_s('worker', workers)}: {about(seconds)}")


def counts(study: Study, status: Status) -> str:
    """`48 questions, 30 points: 12 done, 1 failed, 17 missing`."""
    repeated = f" ({study.repeated} asked twice and dropped)" if study.repeated else ""
    questions, points = len(study.plan.entries), len(study.points)
    return (
        f"{study.plan.study}: {questions} {_s('question', questions)}{repeated}, {points} {_s('point', points)}: "
        f"{len(status.done)} done, {len(status.failed)} failed, {len(status.missing)} missing"
    )


def show_status(study: Study, status: Status) -> None:
    """Prints what failed and why, what is missing, what cannot be read, and what answers another plan."""
    for heading, keys in (("failed", status.failed), ("missing", status.missing)):
        for key in list(keys)[:SHOWN]:
            reason = f": {status.failed[key]}" if key in status.failed else ""
            print(f"{heading:8} {key}  {label(study.questions[key])}{reason}")
        if len(keys) > SHOWN:
            print(f"{heading:8} ... and {len(keys) - SHOWN} more")
    for name in status.broken:
        print(f"broken   {name} cannot be read and is left out")
    if status.others:
        print(f"{len(status.others)} {_s('result', len(status.others))} of other plans lie beside")
    print(counts(study, status))


def about(seconds: float | None) -> str:
    """`about 8 min`."""
    if seconds is None:
        return "nothing tells how long that takes"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"


def _table(status: Status, networks: Sequence[Sequence[Entry]]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("question", "got", "side", "depths", "FLOPs", "parameters", "state"):
        table.add_column(column, justify="right" if column in ("got", "side", "FLOPs", "parameters") else "left")
    for entries in networks:
        first = entries[0]
        states = [status.state(key) for key in dict.fromkeys(entry.key for entry in entries)]
        table.add_row(
            ", ".join(dict.fromkeys(asked(entry.question) for entry in entries)),
            f"{first.times_flops_got:.3f}x",
            f"{first.side} px",
            "-".join(map(str, first.depths)),
            _short(first.flops),
            _short(first.params),
            ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)),
        )
    return table


def _by_network(study: Study) -> list[list[Entry]]:
    networks: dict[object, list[Entry]] = {}
    for entry in study.plan.entries:
        networks.setdefault(study.points[entry.key].network, []).append(entry)
    return list(networks.values())


def _short(number: int) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.4g} {unit}"
    return str(number)


def _s(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
