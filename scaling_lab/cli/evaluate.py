"""`scaling-lab evaluate`: the weights that a study has kept, evaluated again or on another dataset."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from scaling_lab.cli.arguments import add_config_dir, add_names, add_trust, make_folder_parser
from scaling_lab.cli.output_file import write_csv

BUSY = 0.5  # processes that wait for a core, on average over a minute
_EXAMPLES = """\
scaling-lab evaluate results/mine
scaling-lab evaluate results/mine --where "rule == 'depth' and times_flops == 2" --latency
scaling-lab evaluate results/mine --dataset image_folder --dataset-path data/other_pictures --to scores.csv"""


def add_evaluate(commands: Any) -> None:
    """Add the parser of `evaluate`."""
    parser = make_folder_parser(
        commands,
        "evaluate",
        "evaluate the weights of a study that was trained with keep_weights=true",
        _EXAMPLES,
        run_evaluate,
    )
    parser.add_argument("--key", metavar="KEY", help="only the point with this key, or beginning of a key")
    parser.add_argument("--where", metavar="CONDITION", help="only points for which this holds, as in `forget`")
    add_names(parser, "--dataset", "dataset", metavar="NAME", help="another dataset with the same classes")
    parser.add_argument("--dataset-path", metavar="PATH", help="its dataset.path; default: as in the study")
    add_config_dir(parser)
    add_trust(parser)
    parser.add_argument("--device", default="cpu", metavar="DEVICE", help="cpu (default), or a GPU such as cuda:0")
    parser.add_argument("--latency", action="store_true", help="measure the latency of one image, on a quiet machine")
    parser.add_argument("--to", type=Path, metavar="FILE", help="also write the table to this CSV file")


def run_evaluate(options: argparse.Namespace) -> None:
    """Print one row per point with what was measured and what its result has. Raises UserError."""
    from scaling_lab.study.evaluation import EvaluationOptions, evaluate_weights

    if options.latency and (load := os.getloadavg()[0]) > BUSY:
        print(f"warning: the machine is busy (load {load:.1f}); latencies may be too high", file=sys.stderr)
    names = ("key", "where", "dataset", "dataset_path", "device", "latency")
    table = evaluate_weights(options.results, EvaluationOptions(**{name: getattr(options, name) for name in names}))
    _print(table)
    if options.to is not None:
        write_csv(table, options.to)


def _print(table: Any) -> None:
    import pandas as pd
    from rich.table import Table

    from scaling_lab.study.display.console import open_console

    columns = [name for name in table.columns if name != "key" and table[name].notna().any()]
    shown = Table(box=None, header_style="bold", pad_edge=False)
    for name in (*columns, "key"):
        is_number = pd.api.types.is_numeric_dtype(table[name])
        shown.add_column(name.replace("_", " "), justify="right" if is_number else "left")
    for row in table.to_dict("records"):
        shown.add_row(*(_cell(row[name]) for name in (*columns, "key")))
    open_console(250).print(shown)
    compared = table["changed"].dropna()
    if len(compared):
        same = int((compared == 0).sum())
        print(f"{same} of {len(compared)} evaluated on the test images of their result give the same answer to each")


def _cell(value: Any) -> str:
    import pandas as pd

    from scaling_lab.formatting import make_printable

    return "" if pd.isna(value) else f"{value:.6g}" if isinstance(value, float) else make_printable(str(value))
