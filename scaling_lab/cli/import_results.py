"""`scaling-lab import`: results that were trained elsewhere as a results folder."""

import argparse
from pathlib import Path
from typing import Any

from scaling_lab.cli.arguments import add_choice, make_parser
from scaling_lab.errors import UserError
from scaling_lab.study.imports.fields import ACCURACY_UNITS, FIELDS, FLOPS_COUNTED, FLOPS_UNITS, FORMATS, ONCE, TWICE

_EXAMPLES = """\
scaling-lab import runs.csv --family model --rule rule --flops flops --accuracy acc --seed seed results/mine
scaling-lab import runs.csv --family =resnet50 --flops GMACs --flops-in G --accuracy top1 --budget times results/mine"""


def add_import(commands: Any) -> None:
    """Add the parser of `import`."""
    parser = make_parser(
        commands,
        "import",
        "make a results folder of a table of results that were trained elsewhere",
        _EXAMPLES,
        usage="%(prog)s [OPTION ...] FILE [FILE ...] RESULTS_FOLDER",
    )
    parser.rest = "paths"
    parser.set_defaults(command=run_import)
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="the files, then the results folder")
    add_choice(parser, "--format", FORMATS, help="format of the files (default: inferred from their header)")
    parser.add_argument(
        "--runs", type=Path, metavar="FILE", help="table of what each run trained, for files of one run: column run"
    )
    for field in FIELDS:
        default = f" (by default {' or '.join(field.columns)})" if field.columns else ""
        parser.add_argument(
            f"--{field.option}",
            dest=f"column_{field.name}",
            metavar="COLUMN",
            help=f"{field.help}{default}; =VALUE for all rows",
        )
    add_choice(parser, "--accuracy-in", ACCURACY_UNITS, help="unit of accuracies (inferred if they leave no doubt)")
    add_choice(parser, "--flops-in", FLOPS_UNITS, help="unit of FLOPs, such as G for 10^9")
    add_choice(
        parser,
        "--flops-are",
        FLOPS_COUNTED,
        default=ONCE,
        help="2x: a multiplication and an addition count as two",
    )
    parser.add_argument(
        "--baseline-flops",
        type=float,
        metavar="FLOPS",
        help="FLOPs of the unscaled network, in the unit of the column, if no row has it",
    )


def run_import(options: argparse.Namespace) -> None:
    """Import, and print what was read and inferred. Raises UserError."""
    from scaling_lab.study.imports.make import ImportOptions, count_results, describe_rules, import_results
    from scaling_lab.study.imports.units import Units

    *files, folder = options.paths
    if not files:
        raise UserError(f"import {folder}: name the files, then the results folder, such as runs.csv results/mine")
    given = {field.name: getattr(options, f"column_{field.name}") for field in FIELDS}
    columns = {name: value for name, value in given.items() if value is not None}
    units = Units(options.flops_in, options.flops_are == TWICE, options.accuracy_in)
    source = ImportOptions(columns, units, options.baseline_flops, options.format, options.runs)
    study = import_results(files, folder, source)
    for sentence in (*study.inferred, *describe_rules(study)):
        print(sentence)
    print(f"{folder}: {count_results(study)}")
