"""`report`: the page of a study from its results."""

import argparse
from pathlib import Path
from typing import Any

from scaling_lab.cli.folder import folder_of


def add(commands: Any) -> None:
    """Adds the command to argparse's subparsers."""
    parser = commands.add_parser("report", help="write the page of a study from its results")
    parser.set_defaults(command=run)
    folder_of(parser)
    parser.add_argument(
        "--to", type=Path, metavar="REPORT_FOLDER", help="reports/<name of the results folder> if not given"
    )


def run(options: argparse.Namespace) -> None:
    """Writes the page and prints its path. Raises UserError."""
    from scaling_lab.report import write_report

    to = options.to or Path("reports") / options.results.resolve().name
    print(f"report: {write_report(options.results, to, options.mixed_devices)}")
