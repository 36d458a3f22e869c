"""`claims`: what published numbers, and those of a study, say about the papers' claims."""

import argparse
import sys
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Adds the command to argparse's subparsers."""
    parser = commands.add_parser("claims", help="judge the papers' claims on published numbers, and on a study's")
    parser.set_defaults(command=run)
    parser.add_argument(
        "results", type=Path, nargs="?", metavar="RESULTS_FOLDER", help="such as results/quick; published only if none"
    )
    parser.add_argument("--mixed-devices", action="store_true", help="take results of several devices together")


def run(options: argparse.Namespace) -> None:
    """Prints a row a finding. Raises UserError."""
    from rich.console import Console
    from rich.table import Table

    from scaling_lab.analysis.evidence import evidence
    from scaling_lab.analysis.load import read
    from scaling_lab.paper.claims import judge_claims

    folder = read(options.results, options.mixed_devices) if options.results else None
    found = evidence(folder.table) if folder else None
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 1, 0))
    for name, width in (("claim", 12), ("on", 9), ("where", 26), ("verdict", 14), ("evidence", None)):
        table.add_column(name, width=width)
    judged = judge_claims(found)
    for one in judged:
        table.add_row(one.claim, one.on, one.where, one.verdict, one.evidence)
    console.print(table)
    for claim, statement, source in dict.fromkeys((one.claim, one.statement, one.source) for one in judged):
        console.print(f"{claim}: {statement} ({source})")
    for note in (*folder.notes, *found.notes) if folder and found else ():
        console.print(note)
