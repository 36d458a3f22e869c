"""`scaling-lab export`: all tables of a study's analysis as CSV, Parquet and LaTeX."""

import argparse
from pathlib import Path
from typing import Any

from scaling_lab.cli.arguments import (
    add_results_folder,
    folder_named_after,
    make_parser,
)
from scaling_lab.cli.verdict_options import add_verdict_options, read_several, read_study, require_published
from scaling_lab.errors import UserError, unknown_name

EXPORT_KINDS = ("csv", "parquet", "latex")
_EXAMPLES = """\
scaling-lab export results/quick
scaling-lab export results/quick --as csv,latex --to tables
scaling-lab export results/rules-reference results/quick-reference --to tables"""


def add_export(commands: Any) -> None:
    """Add the parser of `export`."""
    parser = make_parser(
        commands, "export", "write accuracies, comparisons, curves and claims of a study to files", _EXAMPLES
    )
    parser.set_defaults(command=run_export)
    add_results_folder(parser, nargs="+", help="such as results/quick; of several: the pooled table, the forest plot")
    parser.add_argument(
        "--to", type=Path, metavar="FOLDER", help="default: exports/ and the name of the results folder"
    )
    parser.add_argument("--equal", default="flops", metavar="COST", help="as in `scaling-lab compare`")
    add_verdict_options(parser)
    parser.add_argument(
        "--as",
        dest="kinds",
        default=",".join(EXPORT_KINDS),
        metavar="KINDS",
        help="csv, parquet, latex; several with commas",
    )
    parser.add_argument("--published", action="store_true", help="also judge the claims on published numbers")


def run_export(options: argparse.Namespace) -> None:
    """Write the files and print their paths. Raises UserError."""
    kinds = list(dict.fromkeys(kind.strip() for kind in options.kinds.split(",")))
    for kind in kinds:
        if kind not in EXPORT_KINDS:
            raise unknown_name("kind of file", kind, EXPORT_KINDS)
    if len(options.results) > 1:
        _export_studies(options, kinds)
        return
    (options.results,) = options.results
    _export_study(options, kinds)


def _export_studies(options: argparse.Namespace, kinds: list[str]) -> None:
    from scaling_lab.report.pooled_export import export_pooled

    if options.published:
        raise UserError("--published takes one results folder")
    studies = read_several(options)
    budgets = studies.budgets
    studies.record_looks("export")
    to = options.to or Path("exports", "pooled")
    try:
        paths = export_pooled(budgets, to, kinds)
    except OSError as error:
        raise UserError(f"export folder {to} cannot be written to: {error.strerror}") from None
    for path in paths:
        print(path)
    if not paths:
        print("not written, because no pair of rules is in two settings: pooled, forest")
    for note in studies.notes:
        print(note)


def _export_study(options: argparse.Namespace, kinds: list[str]) -> None:
    from scaling_lab.report.exports import build_export_tables, export_tables

    require_published(options)
    study = read_study(options)
    folder, tables = study.folder, build_export_tables(study, options.published)
    folder.record_look("export")
    to = options.to or folder_named_after(options.results, "exports")
    try:
        paths = export_tables(tables, to, kinds)
    except OSError as error:
        raise UserError(f"export folder {to} cannot be written to: {error.strerror}") from None
    for sentence in folder.unlearned:
        print(sentence)
    for path in paths:
        print(path)
    if empty := [name for name, rows in tables.items() if rows.empty]:
        print(f"not written, because there is nothing in them: {', '.join(empty)}")
    for note in (*folder.notes, *study.evidence.notes):
        print(note)
