"""`python -m scaling_lab cost|report`: what a network costs, and the page of a study. Starts without torch."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from scaling_lab import choices
from scaling_lab.errors import UserError
from scaling_lab.fit import Fit, fit
from scaling_lab.networks.spec import Network
from scaling_lab.rules.multipliers import LARGEST, Multipliers
from scaling_lab.rules.rounding import FITTED, PAPER, ROUNDINGS
from scaling_lab.rules.scale import Asking
from scaling_lab.sheet import Asked, as_json, as_text

MISTAKE = 2


class _Parser(argparse.ArgumentParser):
    """Tells a mistake in one line, like every other."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; {self.prog} --help tells more")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns the exit status: 0, or 2 after one line about the user's mistake."""
    try:
        asked = _parser().parse_args(arguments)
        asked.command(asked)
    except UserError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return MISTAKE
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m scaling_lab", description="What networks cost, and the reports of studies.")
    commands = parser.add_subparsers(required=True, metavar="cost|report")
    cost = commands.add_parser("cost", help="what a network costs, scaled or not, without building it")
    cost.set_defaults(command=_cost)
    cost.add_argument("family", help="name of a yaml in conf/family, such as efficientnet_b0")
    cost.add_argument("--depth", type=float, metavar="D", help="multiplier of the blocks of each stage")
    cost.add_argument("--width", type=float, metavar="W", help="multiplier of the channels")
    cost.add_argument("--resolution", metavar="PX", help="side of the input in pixels")
    cost.add_argument("--rule", help="name of a yaml in conf/rule, such as compound; instead of multipliers")
    cost.add_argument(
        "--times-flops", type=float, metavar="X", help="budget of the rule, in times the baseline's FLOPs"
    )
    cost.add_argument(
        "--rounding", choices=ROUNDINGS, help="of the rule: fitted to the budget (usual), or as published"
    )
    cost.add_argument("--json", action="store_true", help="print one JSON object instead of a table by stage")
    report = commands.add_parser("report", help="write the page of a study from its results")
    report.set_defaults(command=_report)
    report.add_argument("results", type=Path, metavar="RESULTS_FOLDER", help="such as results/quick")
    report.add_argument(
        "--to", type=Path, metavar="REPORT_FOLDER", help="reports/<name of the results folder> if not given"
    )
    report.add_argument("--mixed-devices", action="store_true", help="report results of several devices together")
    return parser


def _cost(options: argparse.Namespace) -> None:
    baseline = choices.call("family", choices.read("family", options.family), options.family)
    try:
        asked, found = (_by_rule if options.rule is not None else _by_multipliers)(baseline, options)
    except ValueError as error:
        raise UserError(str(error)) from None
    print(json.dumps(as_json(asked, found)) if options.json else as_text(asked, found))


def _by_multipliers(baseline: Network, options: argparse.Namespace) -> tuple[Asked, Fit]:
    if options.times_flops is not None:
        raise UserError("--times-flops is a rule's budget; --rule names the rule, such as --rule compound")
    if options.rounding not in (None, PAPER.name):
        raise UserError(
            f"multipliers are rounded as published ({PAPER.name}); --rounding {options.rounding} needs --rule"
        )
    side = baseline.side if options.resolution is None else _side(options.resolution, baseline.side)
    depth, width = (1.0 if value is None else value for value in (options.depth, options.width))
    by = Multipliers(depth, width, side / baseline.side)
    return Asked(options.family, None, PAPER.name, None, by.d, by.w, by.r), fit(baseline, by, None)


def _by_rule(baseline: Network, options: argparse.Namespace) -> tuple[Asked, Fit]:
    given = [name for name in ("depth", "width", "resolution") if getattr(options, name) is not None]
    if given:
        raise UserError(
            f"--rule and --{given[0]} exclude each other: a rule decides depth, width and resolution itself"
        )
    rule = choices.call("rule", choices.read("rule", options.rule), options.rule)
    if isinstance(rule, Multipliers):
        raise UserError(f"rule {options.rule} has no budget to fit; give --depth, --width and --resolution instead")
    if options.times_flops is None:
        raise UserError(f"--rule {options.rule} needs a budget, such as --times-flops 2")
    rounding = ROUNDINGS[options.rounding or FITTED.name]
    found = fit(baseline, rule, options.times_flops, rounding)
    by = rule.multipliers(options.times_flops) if isinstance(rule, Asking) else None
    d, w, r = (by.d, by.w, by.r) if by else (None, None, None)
    return Asked(options.family, options.rule, rounding.name, options.times_flops, d, w, r), found


def _side(text: str, usual: int) -> int:
    """Pixels; a multiplier given by mistake is told what it comes to."""
    try:
        side = int(text)
    except ValueError:
        raise UserError(
            f"--resolution is {text!r}; it must be a side in whole pixels{_in_pixels(text, usual)}"
        ) from None
    if not 1 <= side <= LARGEST * usual:
        raise UserError(f"--resolution is {side}; it must be between 1 and {LARGEST * usual:.0f} px")
    return side


def _in_pixels(text: str, usual: int) -> str:
    try:
        times = float(text)
    except ValueError:
        return ""
    return f" ({text} times {usual} px is {times * usual:.0f})" if 0 < times < usual else ""


def _report(options: argparse.Namespace) -> None:
    from scaling_lab.report import write

    try:
        there = options.results.is_dir()
    except OSError:  # a name too long for the file system
        there = False
    if not there:
        raise UserError(f"there is no results folder {str(options.results)[:80]}")
    to = options.to or Path("reports") / options.results.resolve().name
    print(f"report: {write(options.results, to, options.mixed_devices)}")
