"""Options of the commands that show verdicts: what is compared, which pairs, and which difference matters."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_lab.cli.arguments import Parser, add_choice, add_mixed_devices
from scaling_lab.errors import UserError

if TYPE_CHECKING:
    from scaling_lab.analysis.pooling.studies import SeveralStudies
    from scaling_lab.analysis.study_comparison import StudyComparison

METRICS = ("accuracy", "loss", "top5")
VERDICT_OPTIONS = ("contrasts", "delta", "metric", "clusters")


def add_verdict_options(parser: Parser) -> None:
    """Add the options that replace what the plan says about verdicts, and the choice of what is compared."""
    add_scoring_options(parser)
    parser.add_argument(
        "--contrasts", metavar="PAIRS", help="test only these pairs of rules, such as compound-width,compound-depth"
    )
    parser.add_argument(
        "--delta",
        type=float,
        metavar="POINTS",
        help="smallest difference that matters, in percentage points (nats of loss): decides what is alike, and gives "
        "the seeds needed",
    )


def add_scoring_options(parser: Parser) -> None:
    """Add the choice of what is compared, and over which independent draws."""
    add_mixed_devices(parser)
    add_choice(parser, "--metric", METRICS, default="accuracy", help="what is compared (default: accuracy)")
    parser.add_argument(
        "--clusters",
        type=Path,
        metavar="FILE",
        help="CSV file with the columns index and cluster, one row per test image, where images are not independent",
    )


def read_study(options: argparse.Namespace) -> "StudyComparison":
    """Read the results folder with these options. Raises UserError."""
    from scaling_lab.analysis.study_comparison import read_study_comparison

    return read_study_comparison(
        options.results,
        options.mixed_devices,
        contrasts=getattr(options, "contrasts", None),
        delta=getattr(options, "delta", None),
        metric=options.metric,
        clusters=options.clusters,
        equal=getattr(options, "equal", "flops"),
        with_unlearned=getattr(options, "with_unlearned", False),
    )


def read_several(options: argparse.Namespace) -> "SeveralStudies":
    """Read several results folders with these options. Raises UserError."""
    from scaling_lab.analysis.pooling.studies import read_studies

    if options.equal != "flops":
        raise UserError(f"--equal {options.equal} takes one results folder; several are compared at equal flops")
    if options.clusters is not None:
        raise UserError("--clusters takes one results folder, because it is about the test images of one data set")
    return read_studies(
        options.results,
        options.mixed_devices,
        contrasts=options.contrasts,
        delta=options.delta,
        metric=options.metric,
        with_unlearned=getattr(options, "with_unlearned", False),
    )


def repeat_options(options: argparse.Namespace) -> list[str]:
    """Return the words of a command line that give the same options."""
    given = {name: getattr(options, name) for name in VERDICT_OPTIONS}
    given["metric"] = None if options.metric == "accuracy" else options.metric
    words = ["--mixed-devices"] * options.mixed_devices
    return words + [word for name, value in given.items() if value is not None for word in (f"--{name}", str(value))]


def require_published(options: argparse.Namespace) -> None:
    """Raise UserError if published numbers are to be judged by another metric than accuracy."""
    if options.published and options.metric != "accuracy":
        raise UserError(
            f"--published has accuracies alone, so --metric {options.metric} does not apply; leave out one of the two"
        )
