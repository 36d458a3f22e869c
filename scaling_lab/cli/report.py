"""`scaling-lab report`: the page of a study."""

import argparse
from pathlib import Path
from typing import Any

from scaling_lab.cli.arguments import folder_named_after, make_folder_parser
from scaling_lab.cli.verdict_options import add_verdict_options, read_study, repeat_options

_EXAMPLES = """\
scaling-lab report results/quick
scaling-lab report results/quick --to page
scaling-lab report results/quick --metric loss"""


def add_report(commands: Any) -> None:
    """Add the parser of `report`."""
    parser = make_folder_parser(
        commands, "report", "draw the figures of a study and write its HTML page", _EXAMPLES, run_report
    )
    add_verdict_options(parser)
    parser.add_argument(
        "--to",
        type=Path,
        metavar="REPORT_FOLDER",
        help="default: reports/ and the name of the results folder, with -loss or -top5 for another metric",
    )


def run_report(options: argparse.Namespace) -> None:
    """Write the page and print its path. Raises UserError."""
    from scaling_lab.report import write_report
    from scaling_lab.study.point_command import point_command

    study = read_study(options)
    to = options.to or folder_named_after(options.results, "reports")
    if options.to is None and options.metric != "accuracy":
        to = to.with_name(f"{to.name}-{options.metric}")
    print(f"report: {write_report(options.results, to, study, repeat_options(options), point_command)}")
