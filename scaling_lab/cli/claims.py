"""`scaling-lab claims`: the papers' claims, judged on published and on measured numbers."""

import argparse
from typing import Any

from scaling_lab.cli.arguments import add_results_folder, make_parser
from scaling_lab.cli.verdict_options import add_verdict_options, read_study, repeat_options, require_published
from scaling_lab.errors import UserError

_EXAMPLES = """\
scaling-lab claims                              on published numbers
scaling-lab claims results/quick                on those of a study
scaling-lab claims results/quick --published    on both
scaling-lab claims results/quick --metric loss    by test loss"""


def add_claims(commands: Any) -> None:
    """Add the parser of `claims`."""
    parser = make_parser(commands, "claims", "judge the papers' claims on a study or on published numbers", _EXAMPLES)
    parser.set_defaults(command=run_claims)
    add_results_folder(parser, nargs="?", help="such as results/quick; published numbers if omitted")
    add_verdict_options(parser)
    parser.add_argument("--published", action="store_true", help="also judge the claims on published numbers")


def run_claims(options: argparse.Namespace) -> None:
    """Print one row per finding, then the claims and notes. Raises UserError."""
    from rich.table import Table

    from scaling_lab.paper.claims import judge_claims
    from scaling_lab.study.display.console import open_console

    require_published(options)
    if options.results is None and (words := repeat_options(options)):
        raise UserError(f"{words[0]} applies to the claims on a study; give its results folder")
    study = read_study(options) if options.results else None
    folder = study.folder if study else None
    console = open_console(160)
    for sentence in folder.unlearned if folder else ():
        console.print(sentence)
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 1, 0))
    for name, width in (("claim", 12), ("on", 9), ("where", 26), ("verdict", 14), ("evidence", None)):
        table.add_column(name, width=width)
    findings = judge_claims(study.evidence, study.options) if study else judge_claims(None)
    if not options.published and folder:
        findings = [finding for finding in findings if finding.on == "measured"]
    if folder:
        folder.record_look("claims")
    for finding in findings:
        table.add_row(finding.claim, finding.on, finding.where, finding.verdict, finding.evidence)
    console.print(table)
    for claim, statement, source, test in dict.fromkeys((f.claim, f.statement, f.source, f.test) for f in findings):
        console.print(
            f"{claim}: \N{LEFT DOUBLE QUOTATION MARK}{statement}\N{RIGHT DOUBLE QUOTATION MARK} ({source}) {test}"
        )
    for note in (*study.folder.notes, *study.evidence.notes) if study else ():
        console.print(note)
