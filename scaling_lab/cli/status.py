"""`scaling-lab status`: the state of a study, read from the files of its folder."""

import argparse
from typing import Any

from scaling_lab.cli.arguments import make_folder_parser

_EXAMPLES = """\
scaling-lab status results/quick"""


def add_status(commands: Any) -> None:
    """Add the parser of `status`."""
    parser = make_folder_parser(
        commands, "status", "show how far a study is, from any machine that sees its folder", _EXAMPLES, run_status
    )
    parser.add_argument(
        "--lease-seconds",
        type=float,
        metavar="SECONDS",
        help="a process that is silent for longer counts as stale (default: 60, as in a sweep)",
    )


def run_status(options: argparse.Namespace) -> None:
    """Print the state. Raises UserError for a folder that is no study and a lease out of range."""
    from scaling_lab.config.execution import ExecutionOptions
    from scaling_lab.store.studies import open_store
    from scaling_lab.study.display.status_lines import print_status

    given = {} if options.lease_seconds is None else {"lease_seconds": options.lease_seconds}
    lease_seconds = ExecutionOptions(**given).lease_seconds
    store = open_store(options.results)
    print_status(store, store.read_plan(), lease_seconds)
