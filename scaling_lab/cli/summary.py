"""`scaling-lab summary`: what several studies say about the papers' claims, as one Markdown page."""

import argparse
import shlex
from pathlib import Path
from typing import Any

from scaling_lab.cli.arguments import add_mixed_devices, add_results_folder, make_parser
from scaling_lab.cli.output_file import write_text

_EXAMPLES = """\
scaling-lab summary results/quick-reference results/rules-reference
scaling-lab summary results/quick-reference results/rules-reference --to reports/README.md"""


def add_summary(commands: Any) -> None:
    """Add the parser of `summary`."""
    parser = make_parser(commands, "summary", "say what studies measured of each claim of the papers", _EXAMPLES)
    parser.set_defaults(command=run_summary)
    add_results_folder(parser, nargs="+", help="such as results/a results/b")
    add_mixed_devices(parser)
    parser.add_argument("--to", type=Path, metavar="FILE", help="Markdown file to write; printed if omitted")


def run_summary(options: argparse.Namespace) -> None:
    """Print or write the page. Raises UserError."""
    from scaling_lab.analysis.several_folders import label_folders
    from scaling_lab.analysis.study_comparison import read_study_comparison
    from scaling_lab.report.summary import build_summary

    folders = label_folders(options.results)
    studies = {name: read_study_comparison(folder, options.mixed_devices) for name, folder in folders.items()}
    words = ["scaling-lab", "summary", *map(str, options.results), *["--mixed-devices"] * options.mixed_devices]
    words += ["--to", str(options.to)] if options.to else []
    text = build_summary(studies, shlex.join(words))
    for study in studies.values():
        study.folder.record_look("summary")
    if options.to is None:
        print(text, end="")
        return
    write_text(text, options.to)
    print(f"summary: {options.to}")
