"""`seal`: a finished study in one file."""

import argparse
from typing import Any

from scaling_lab.cli.folder import folder_of


def add(commands: Any) -> None:
    """Adds the command to argparse's subparsers."""
    parser = commands.add_parser("seal", help="put the table of a finished study into one file, table.parquet")
    parser.set_defaults(command=run)
    folder_of(parser)


def run(options: argparse.Namespace) -> None:
    """Writes it and prints where. Raises UserError for a study that is not finished."""
    from scaling_lab.analysis.folder import read
    from scaling_lab.errors import UserError
    from scaling_lab.sealed import seal

    folder = read(options.results, options.mixed_devices)
    written = seal(folder.store, folder.study, folder.asked, folder.table)
    if written is None:
        raise UserError(f"{options.results} is not finished: {' '.join(folder.notes) or 'its plan asks nothing'}")
    print(f"sealed: {written}")
