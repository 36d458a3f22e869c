"""A plan and how far it got, as text: a line a network, then the counts."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from scaling_lab.formatting import format_forecast, pluralize
from scaling_lab.store.schema import Entry
from scaling_lab.sweep.display.status_lines import counts
from scaling_lab.sweep.plan import Study, network_label, question_label
from scaling_lab.sweep.status import Status

SHOWN = 60
NAMED = 8  # of what was asked twice
WIDE = 160  # columns, where there is no terminal


def show(study: Study, status: Status) -> None:
    """Prints the networks, what was asked twice, and the counts."""
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    networks = _by_network(study)
    console.print(_table(status, networks[:SHOWN]))
    if len(networks) > SHOWN:
        print(f"... and {len(networks) - SHOWN} more")
    if study.repeated:
        print(f"asked twice and dropped: {_first(list(dict.fromkeys(map(question_label, study.repeated))))}")
    print(counts(study.plan, status))


def forecast(points: int, workers: int, seconds: float | None) -> str:
    """`18 to train on 2 workers: about 8 min`. seconds: None is not known."""
    return f"{points} to train on {pluralize(workers, 'worker')}: {format_forecast(seconds)}"


def _table(status: Status, networks: Sequence[Sequence[Entry]]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("question", "got", "side", "depths", "FLOPs", "parameters", "state"):
        table.add_column(column, justify="right" if column in ("got", "side", "FLOPs", "parameters") else "left")
    for entries in networks:
        first = entries[0]
        states = [status.state(key) for key in dict.fromkeys(entry.key for entry in entries)]
        table.add_row(
            ", ".join(dict.fromkeys(network_label(entry.question) for entry in entries)),
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


def _first(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
