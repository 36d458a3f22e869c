"""`report`: the page of a study from its results."""

import argparse
from pathlib import Path
from typing import Any

from scaling_lab.errors import UserError


def add(commands: Any) -> None:
    """Adds the command to argparse's subparsers."""
    parser = commands.add_parser("report", help="write the page of a study from its results")
    parser.set_defaults(command=run)
    parser.add_argument("results", type=Path, metavar="RESULTS_FOLDER", help="such as results/quick")
    parser.add_argument(
        "--to", type=Path, metavar="REPORT_FOLDER", help="reports/<name of the results folder> if not given"
    )
    parser.add_argument("--mixed-devices", action="store_true", help="report results of several devices together")


def run(options: argparse.Namespace) -> None:
    """Writes the page and prints its path. Raises UserError."""
    from scaling_lab.report import write

    try:
        there = options.results.is_dir()
    except OSError:  # a name too long for the file system
        there = False
    if not there:
        raise UserError(f"there is no results folder {str(options.results)[:80]}")
    to = options.to or Path("reports") / options.results.resolve().name
    print(f"report: {write(options.results, to, options.mixed_devices)}")
