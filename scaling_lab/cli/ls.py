"""`scaling-lab ls`: the families, rules, datasets, recipes, studies and engines of conf/."""

import argparse
import json
from typing import Any

from scaling_lab.cli.arguments import add_choice, add_config_dir, make_parser

CATALOG_KINDS = ("families", "rules", "datasets", "recipes", "studies", "engines")
HEADINGS = {"flops": "FLOPs", "axes": "swept"}
_EXAMPLES = """\
scaling-lab ls              names of everything
scaling-lab ls families     with FLOPs (multiply-adds), parameters and native side
scaling-lab ls rules --json"""


def add_ls(commands: Any) -> None:
    """Add the parser of `ls`."""
    parser = make_parser(commands, "ls", "list families, rules, datasets, recipes, studies and engines", _EXAMPLES)
    parser.set_defaults(command=run_ls)
    add_choice(parser, "kind", CATALOG_KINDS, nargs="?", help="everything if omitted, names only")
    add_config_dir(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run_ls(options: argparse.Namespace) -> None:
    """Print the names of one kind with sizes and one line of description, or the names of all kinds."""
    from scaling_lab.api.catalog import catalog_rows, group_names

    if options.kind is None:
        names = {kind: group_names(kind) for kind in CATALOG_KINDS}
        listing = "\n".join(f"{kind} ({len(names[kind])}): {', '.join(names[kind])}" for kind in CATALOG_KINDS)
        print(json.dumps(names) if options.json else listing)
        return
    rows = catalog_rows(options.kind)
    if options.json:
        print(json.dumps(rows))
        return
    _print_table(rows)
    if options.kind == "families":
        print("FLOPs are multiply-adds of convolutions and linear layers, for one image of `side` pixels.")
        print("A study can set another side: family.side=64.")


def _print_table(rows: list[dict[str, Any]]) -> None:
    from scaling_lab.formatting import align_columns

    names = list(rows[0])
    numeric = {name for name in names if isinstance(rows[0][name], int)}
    cells = [[f"{value:,}" if name in numeric else str(value) for name, value in row.items()] for row in rows]
    headings = [HEADINGS.get(name, name) for name in names]
    left = [place for place, name in enumerate(names) if name not in numeric]
    print("\n".join(align_columns([headings, *cells], left)))
