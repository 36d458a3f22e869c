"""`scaling-lab merge`: put results folders of machines that share none into one."""

import argparse
from pathlib import Path
from typing import Any

from scaling_lab.cli.arguments import add_choice, add_results_folder, make_parser
from scaling_lab.study.option_names import ON_CONFLICT, REFUSE

_EXAMPLES = """\
scaling-lab merge results/laptop results/desktop --into results/both
scaling-lab merge results/laptop results/desktop --into results/both --on-conflict first"""


def add_merge(commands: Any) -> None:
    """Add the parser of `merge`."""
    parser = make_parser(commands, "merge", "put results folders of several machines into a new one", _EXAMPLES)
    parser.set_defaults(command=run_merge)
    add_results_folder(parser, nargs="+", help="such as results/laptop; they are not changed")
    parser.add_argument("--into", type=Path, required=True, metavar="NEW_FOLDER", help="such as results/both")
    add_choice(
        parser,
        "--on-conflict",
        ON_CONFLICT,
        default=REFUSE,
        help="which folder's result counts where two have other numbers of one point (default: refuse)",
    )


def run_merge(options: argparse.Namespace) -> None:
    """Merge the folders and print what they had. Raises UserError."""
    from scaling_lab.formatting import pluralize
    from scaling_lab.study.merge_folders import merge_folders

    merge = merge_folders(options.results, options.into, options.on_conflict)
    for note in merge.notes:
        print(note)
    parts = ", ".join(f"{pluralize(number, 'result')} of {name}" for name, number in merge.results.items())
    print(f"{merge.folder}: {pluralize(merge.questions, 'question')}, {parts}")
