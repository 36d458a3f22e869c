"""`export`: what a study says, as CSV, Parquet and LaTeX."""

import argparse
from pathlib import Path
from typing import Any

from scaling_lab.cli.folder import folder_of
from scaling_lab.errors import UserError, unknown_name

KINDS = ("csv", "parquet", "latex")


def add(commands: Any) -> None:
    """Adds the command to argparse's subparsers."""
    parser = commands.add_parser("export", help="write what a study says as CSV, Parquet and LaTeX")
    parser.set_defaults(command=run)
    folder_of(parser)
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="exports/<name of the results folder> if not given")
    parser.add_argument("--equal", default="flops", metavar="COST", help="as for compare")
    parser.add_argument("--as", dest="kinds", default=",".join(KINDS), help="csv, parquet, latex, or several by commas")


def run(options: argparse.Namespace) -> None:
    """Writes the files and prints their paths. Raises UserError."""
    from scaling_lab.analysis.load import read
    from scaling_lab.report.exports import build_export_tables, export_tables

    kinds = list(dict.fromkeys(kind.strip() for kind in options.kinds.split(",")))
    for kind in kinds:
        if kind not in KINDS:
            raise unknown_name("kind of file", kind, KINDS)
    folder = read(options.results, options.mixed_devices)
    found, whole = build_export_tables(folder.table, options.equal)
    to = options.to or Path("exports") / options.results.resolve().name
    try:
        to.mkdir(parents=True, exist_ok=True)
        for path in export_tables(whole, to, kinds):
            print(path)
    except OSError as error:
        raise UserError(f"{to} cannot be written to: {error.strerror}") from None
    for note in (*folder.notes, *found.notes):
        print(note)
