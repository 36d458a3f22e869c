"""`seal`: a finished study in one file."""

import argparse
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Adds the command to argparse's subparsers."""
    parser = commands.add_parser("seal", help="put the table of a finished study into one file, table.parquet")
    parser.set_defaults(command=run)
    parser.add_argument("results", type=Path, metavar="RESULTS_FOLDER", help="such as results/quick")


def run(options: argparse.Namespace) -> None:
    """Writes it anew from the results and prints where. Raises UserError for a study that is not finished."""
    from scaling_lab.analysis.load import store_in
    from scaling_lab.errors import UserError
    from scaling_lab.formatting import pluralize
    from scaling_lab.store.snapshot import seal
    from scaling_lab.store.table import table

    store = store_in(options.results)
    plan, stored = store.read_plan(), store.read()
    store.write_plan(plan)  # an older one in the form that a seal is of
    written = seal(store, plan, table(plan, stored))
    if written is None:
        left = len({entry.key for entry in plan.entries} - stored.results.keys())
        raise UserError(f"{options.results} is not finished: {pluralize(left, 'point')} without a result")
    print(f"sealed: {written}")
