"""`scaling-lab settle`: train further seeds of a study until every pair of rules has a verdict."""

import argparse
from typing import Any

from scaling_lab.cli.arguments import add_results_folder, make_parser

_EXAMPLES = """\
scaling-lab settle results/mine --delta 0.5
scaling-lab settle results/mine --delta 0.5 --budget-hours 2 --max-seeds 20"""


def add_settle(commands: Any) -> None:
    """Add the parser of `settle`."""
    parser = make_parser(
        commands, "settle", "train further seeds of a study until every pair of rules has a verdict", _EXAMPLES
    )
    parser.set_defaults(command=run_settle)
    add_results_folder(parser)
    parser.add_argument(
        "--delta",
        required=True,
        metavar="POINTS",
        help="smallest difference that matters, in percentage points: rules that differ by less are alike",
    )
    parser.add_argument("--budget-hours", metavar="HOURS", help="begin no round that is forecast to end later")
    parser.add_argument("--max-seeds", metavar="SEEDS", help="most seeds of a network (default: 40)")
    parser.add_argument("--workers", metavar="NUMBER", help="training processes (default: as in a sweep)")


def run_settle(options: argparse.Namespace) -> None:
    """Repeat the last command of the study's plan with do=settle. Raises UserError, and SystemExit if it fails."""
    from scaling_lab.cli.sweep import run_hydra
    from scaling_lab.store.studies import open_store
    from scaling_lab.study.overrides import format_override

    store = open_store(options.results)
    folder = store.folder.absolute()
    given = {"delta": options.delta, "budget_hours": options.budget_hours, "max_seeds": options.max_seeds}
    given |= {"workers": options.workers, "do": "settle", "name": folder.name, "results": str(folder.parent)}
    words = {word.partition("=")[0]: word for word in store.read_plan().asked}
    words |= {name: format_override(name, (value,)) for name, value in given.items() if value is not None}
    if status := run_hydra("settle", list(words.values())):
        raise SystemExit(status)
