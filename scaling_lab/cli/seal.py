"""`scaling-lab seal`: the snapshot of a finished study."""

import argparse
from typing import Any

from scaling_lab.cli.arguments import make_folder_parser

_EXAMPLES = """\
scaling-lab seal results/quick
scaling-lab seal results/quick --remove-results"""


def add_seal(commands: Any) -> None:
    """Add the parser of `seal`."""
    parser = make_folder_parser(
        commands,
        "seal",
        "write the table of a finished study to one file, table.parquet, which is read from then on",
        _EXAMPLES,
        run_seal,
    )
    parser.add_argument(
        "--remove-results",
        action="store_true",
        help="then delete the result files: the table stands alone (otherwise a deleted result is missing)",
    )


def run_seal(options: argparse.Namespace) -> None:
    """Write the snapshot from the results and print its path. Raises UserError for a study that is not finished."""
    from scaling_lab.errors import UserError
    from scaling_lab.formatting import pluralize
    from scaling_lab.store.epochs import EpochReader
    from scaling_lab.store.leftovers import remove_results
    from scaling_lab.store.snapshot import read_snapshot, write_snapshot
    from scaling_lab.store.studies import open_store
    from scaling_lab.store.table import results_table

    store = open_store(options.results)
    plan, stored, snapshot = store.read_plan(), store.read_results(), read_snapshot(store, keep_deleted=True)
    rows, stands_alone = results_table(plan, stored), options.remove_results
    if snapshot and (snapshot.stands_alone or options.remove_results) and not (rows["state"] == "done").all():
        rows, stands_alone = snapshot.rows, True
    epochs = EpochReader(store, stored.results).read_all([entry.key for entry in plan.entries])  # of the old form
    store.write_plan(plan)  # a plan of an older version, in the form that snapshots refer to
    written = write_snapshot(store, plan, rows, epochs, stands_alone)
    if written is None:
        missing = len({entry.key for entry in plan.entries} - stored.results.keys())
        raise UserError(f"{options.results} is not finished: {pluralize(missing, 'point')} without a result")
    print(f"sealed: {written}")
    if options.remove_results:
        removed = remove_results(store, {entry.key for entry in plan.entries})
        print(f"deleted: {pluralize(removed, 'result file')}")
