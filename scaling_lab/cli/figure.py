"""`scaling-lab figure`: one figure of a study, for a paper."""

import argparse
from pathlib import Path
from typing import Any

from scaling_lab.cli.arguments import add_choice, folder_named_after, make_folder_parser
from scaling_lab.cli.verdict_options import add_verdict_options, read_study

FORMATS, WIDTHS = ("png", "svg", "pdf"), ("column", "page")
_EXAMPLES = """\
scaling-lab figure results/quick --kind accuracy_flops
scaling-lab figure results/quick --kind forest --width page --format svg
scaling-lab figure results/quick --kind differences --width column --to paper/differences.pdf"""


def add_figure(commands: Any) -> None:
    """Add the parser of `figure`."""
    parser = make_folder_parser(commands, "figure", "draw one figure of a study, for a paper", _EXAMPLES, run_figure)
    parser.list_more = _list_kinds
    kind = parser.add_argument("--kind", required=True, metavar="KIND", help="which figure; see the list below")
    kind.completer = lambda **_: list(_titles())  # type: ignore[attr-defined]
    add_choice(parser, "--format", FORMATS, help="default: that of the ending of --to, otherwise pdf")
    add_choice(
        parser,
        "--width",
        WIDTHS,
        help="one column (3.25 inches) or the whole page (6.75 inches) of a paper; default: what suits the panels",
    )
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FILE",
        help="file or folder; default: figures/, the name of the results folder, and the kind",
    )
    add_verdict_options(parser)


def run_figure(options: argparse.Namespace) -> None:
    """Write the figure, and print its path and caption. Raises UserError."""
    from scaling_lab.report.figures import MAPS_KIND, draw_figure, require_kind, write_figure

    require_kind(options.kind)
    study = read_study(options)
    to = options.to or folder_named_after(options.results, "figures")
    if options.to is None or options.to.is_dir():
        to /= options.kind
    maps = None
    if options.kind == MAPS_KIND:
        from scaling_lab.study.class_maps import compute_class_maps

        maps = compute_class_maps(options.results)
    figure = draw_figure(study, options.kind, options.width, maps)
    print(f"figure: {write_figure(figure, to, options.format)}\n{figure.caption}")


def _titles() -> dict[str, str]:
    from scaling_lab.report.figures import list_figures

    return list_figures()


def _list_kinds() -> str:
    titles = _titles()
    longest = max(map(len, titles))
    return "kinds:\n" + "".join(f"  {kind:<{longest}}  {title}\n" for kind, title in titles.items())
