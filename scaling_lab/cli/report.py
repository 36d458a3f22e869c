"""`scaling-lab report`: the page of a study."""

import argparse
from pathlib import Path
from typing import Any

from scaling_lab.cli.arguments import add_mixed_devices, folder_named_after, make_folder_parser

_EXAMPLES = """\
scaling-lab report results/quick
scaling-lab report results/quick --to page"""


def add_report(commands: Any) -> None:
    """Add the parser of `report`."""
    parser = make_folder_parser(
        commands, "report", "draw the figures of a study and write its HTML page", _EXAMPLES, run_report
    )
    add_mixed_devices(parser)
    parser.add_argument(
        "--to", type=Path, metavar="REPORT_FOLDER", help="default: reports/ and the name of the results folder"
    )


def run_report(options: argparse.Namespace) -> None:
    """Write the page and print its path. Raises UserError."""
    from scaling_lab.report import write_report

    to = options.to or folder_named_after(options.results, "reports")
    print(f"report: {write_report(options.results, to, options.mixed_devices)}")
