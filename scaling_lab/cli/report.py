"""`scaling-lab report`: the page of a study."""

import argparse
from pathlib import Path
from typing import Any

from scaling_lab.cli.arguments import add_results_folder, folder_named_after, make_parser
from scaling_lab.cli.verdict_options import add_verdict_options, read_several, read_study, repeat_options

_EXAMPLES = """\
scaling-lab report results/quick
scaling-lab report results/quick --to page
scaling-lab report results/quick --metric loss
scaling-lab report results/rules-reference results/quick-reference"""


def add_report(commands: Any) -> None:
    """Add the parser of `report`."""
    summary = "write the page of a study, or one page about several, with figures and tables as files"
    parser = make_parser(commands, "report", summary, _EXAMPLES)
    parser.set_defaults(command=run_report)
    add_results_folder(parser, nargs="+", help="such as results/quick; several are compared on one page")
    add_verdict_options(parser)
    parser.add_argument(
        "--to",
        type=Path,
        metavar="REPORT_FOLDER",
        help="default: reports/ and the name of the results folder (pooled for several), with -loss or -top5 for "
        "another metric",
    )


def run_report(options: argparse.Namespace) -> None:
    """Write the page and print its path; in reports/, also write the list of its studies. Raises UserError."""
    from scaling_lab.report import write_index

    to = options.to or _default_folder(options)
    page = _write_studies(options, to) if len(options.results) > 1 else _write_study(options, to)
    if options.to is None:
        write_index(to.parent)
    print(f"report: {page}")


def _default_folder(options: argparse.Namespace) -> Path:
    several = len(options.results) > 1
    folder = Path("reports", "pooled") if several else folder_named_after(options.results[0], "reports")
    return folder if options.metric == "accuracy" else folder.with_name(f"{folder.name}-{options.metric}")


def _write_study(options: argparse.Namespace, to: Path) -> Path:
    from scaling_lab.report import write_report
    from scaling_lab.study.point_command import point_command

    (options.results,) = options.results
    return write_report(options.results, to, read_study(options), repeat_options(options), point_command)


def _write_studies(options: argparse.Namespace, to: Path) -> Path:
    from scaling_lab.report import write_studies_report

    options.equal = "flops"
    return write_studies_report(read_several(options), options.results, to, repeat_options(options))
