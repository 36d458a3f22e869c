"""`scaling-lab ls`: the families, rules, datasets, recipes, studies and engines of conf/."""

import argparse
import json
import sys
from typing import Any

from scaling_lab.cli.arguments import add_choice, make_parser

KINDS = ("families", "rules", "datasets", "recipes", "studies", "engines")
EXAMPLES = """\
scaling-lab ls              names of everything
scaling-lab ls families     with FLOPs (multiply-adds), parameters and native side
scaling-lab ls rules --json"""


def add_ls(commands: Any) -> None:
    """Add the parser of `ls`."""
    parser = make_parser(commands, "ls", "list families, rules, datasets, recipes, studies and engines", EXAMPLES)
    parser.set_defaults(command=run_ls)
    add_choice(parser, "kind", KINDS, nargs="?", help="everything if omitted, names only")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run_ls(options: argparse.Namespace) -> None:
    """Print the names of one kind with sizes and one line of description, or the names of all kinds."""
    from scaling_lab.api.catalog import catalog_rows, group_names

    if options.kind is None:
        names = {kind: group_names(kind) for kind in KINDS}
        listing = "\n".join(f"{kind} ({len(names[kind])}): {', '.join(names[kind])}" for kind in KINDS)
        print(json.dumps(names) if options.json else listing)
        return
    rows = catalog_rows(options.kind)
    if options.json:
        print(json.dumps(rows))
        return
    _print_table(rows)
    if options.kind == "families":
        print("FLOPs are multiply-adds of convolutions and linear layers, for one image of `side` pixels.")


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    headings = {"flops": "FLOPs", "axes": "swept"}
    for name in rows[0]:
        numeric = any(isinstance(row[name], int | float) for row in rows)
        table.add_column(headings.get(name, name), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row.values()))
    console.print(table)
