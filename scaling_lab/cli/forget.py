"""`scaling-lab forget`: take points out of a study, so that the next sweep trains them again."""

import argparse
import sys
from typing import Any

from scaling_lab.cli.arguments import make_folder_parser

MAX_LINES = 20
_EXAMPLES = """\
scaling-lab forget results/mine --where "rule == 'depth' and times_flops > 1"
scaling-lab forget results/mine --where "seed in [3, 4]" --yes
scaling-lab forget results/mine --key 0411ec132b681d23 --delete"""


def add_forget(commands: Any) -> None:
    """Add the parser of `forget`."""
    parser = make_folder_parser(
        commands, "forget", "take results, failures and checkpoints of points out of a study", _EXAMPLES, run_forget
    )
    parser.add_argument(
        "--where",
        metavar="CONDITION",
        help="questions to forget, by the columns of table.csv: comparisons, in, and, or, not",
    )
    parser.add_argument("--key", action="append", default=[], metavar="KEY", help="a point to forget; may be repeated")
    parser.add_argument("--delete", action="store_true", help="delete the files (default: move them to forgotten/)")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run_forget(options: argparse.Namespace) -> None:
    """Show what would be forgotten, ask, and forget it. Raises UserError."""
    from scaling_lab.formatting import pluralize
    from scaling_lab.study.forget import forget, plan_forgetting

    planned = plan_forgetting(options.results, options.where, options.key)
    _show(planned)
    if not planned.files:
        if planned.rows.empty and planned.shared.empty and not options.key:
            print(f"nothing to forget: no question of {options.results} fulfils {options.where!r}")
        elif not planned.rows.empty or options.key:
            print("nothing to forget: these points have no files")
        return
    files = pluralize(len(planned.files), "file")
    how = "delete" if options.delete else "move to forgotten/"
    if not options.yes and not _confirm(f"{how}: {files}?"):
        print("nothing was changed")
        return
    aside = forget(planned, options.delete)
    print(f"deleted {files}" if aside is None else f"moved {files} to {aside}")


def _show(planned: Any) -> None:
    from scaling_lab.formatting import make_printable, pluralize

    columns = ["key", "state", "family", "rule", "times_flops", "seed"]
    for title, rows in (("forget", planned.rows), ("keep", planned.shared)):
        texts = rows[columns].astype(object).fillna("").astype(str).to_numpy().tolist()
        lines = [make_printable("  ".join(filter(None, text))) for text in texts]
        for line in lines[:MAX_LINES]:
            print(f"{title:6}  {line}")
        if len(lines) > MAX_LINES:
            print(f"{title:6}  ... and {len(lines) - MAX_LINES} more")
    if len(planned.shared):
        points = pluralize(planned.shared["key"].nunique(), "point")
        print(f"kept: {points} that also answer other questions; --key forgets them")


def _confirm(question: str) -> bool:
    """Ask on a terminal. Raises UserError where there is none."""
    from scaling_lab.errors import UserError

    if not sys.stdin.isatty():
        raise UserError("standard input is not a terminal; add --yes to forget without a question")
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
