"""`status`: how far the study in a folder is, from its files alone."""

import argparse
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Adds the command to argparse's subparsers."""
    parser = commands.add_parser("status", help="tell how far a study is, from any machine that sees its folder")
    parser.set_defaults(command=run)
    parser.add_argument("results", type=Path, metavar="RESULTS_FOLDER", help="such as results/quick")
    parser.add_argument(
        "--lease-seconds",
        type=float,
        default=None,
        metavar="SECONDS",
        help="who trains a point and is silent for longer is stale; 60 where the sweep says nothing else",
    )


def run(options: argparse.Namespace) -> None:
    """Prints it. Raises UserError for a folder without a plan and a lease outside its range."""
    from scaling_lab.config.execution import ExecutionOptions
    from scaling_lab.store.results import Store
    from scaling_lab.sweep.finish import print_status

    running = (
        ExecutionOptions() if options.lease_seconds is None else ExecutionOptions(lease_seconds=options.lease_seconds)
    )
    store = Store(options.results)
    print_status(store, store.read_plan(), running.lease_seconds)
