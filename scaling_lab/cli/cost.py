"""`cost`: what a network costs, scaled by multipliers or by rules, without building it."""

import argparse
import json
from math import isfinite
from typing import Any

from scaling_lab.cli.cost_table import Asked, as_comparison, as_json, as_text
from scaling_lab.config import registry
from scaling_lab.errors import UserError
from scaling_lab.networks.costs.cost import cost
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.fit import Fit, fit
from scaling_lab.networks.scaling.multipliers import LARGEST, Multipliers
from scaling_lab.networks.scaling.rounding import FITTED, PAPER, ROUNDINGS
from scaling_lab.networks.scaling.scale import Asking
from scaling_lab.validation import parse_integer

EVERY = "all"
LARGEST_BATCH = 1_000_000
DIGITS = "digits 0 to 9"
BUDGETS = ("times_flops", "flops", "flops_of")
MULTIPLIERS = ("depth", "width", "resolution")


def add(commands: Any) -> None:
    """Adds the command to argparse's subparsers."""
    parser = commands.add_parser("cost", help="what a network costs, scaled or not, without building it")
    parser.set_defaults(command=run)
    parser.add_argument("family", help="name of a yaml in conf/family, such as efficientnet_b0")
    parser.add_argument("--depth", type=float, metavar="D", help="multiplier of the blocks of each stage")
    parser.add_argument("--width", type=float, metavar="W", help="multiplier of the channels")
    parser.add_argument("--resolution", metavar="PX", help="side of the input in pixels")
    parser.add_argument(
        "--rule",
        nargs="+",
        metavar="NAME",
        help="yamls in conf/rule, such as compound, or all; in place of multipliers",
    )
    parser.add_argument("--times-flops", type=float, metavar="X", help="budget of rules: times the family's own FLOPs")
    parser.add_argument(
        "--flops", type=float, metavar="N", help="budget of rules: FLOPs (multiply-adds), such as 4.4e9"
    )
    parser.add_argument("--flops-of", metavar="FAMILY", help="budget of rules: the FLOPs of another family")
    parser.add_argument("--rounding", choices=ROUNDINGS, help="of rules: fitted to the budget (usual), or as published")
    parser.add_argument(
        "--batch", type=_batch, default=64, metavar="N", help="pictures of a training step, for its memory"
    )
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")


def run(options: argparse.Namespace) -> None:
    """Prints what was asked. Raises UserError."""
    baseline = _family(options.family)
    if options.rule is None:
        _show(options, *_by_multipliers(baseline, options))
        return
    _check(options)
    rules = _rules(options.rule)
    times = _times(baseline, options)
    if len(rules) == 1:
        _show(options, *_by_rule(baseline, options, rules[0], times))
        return
    _compare(options, {rule: _tried(baseline, options, rule, times) for rule in rules})


def _show(options: argparse.Namespace, asked: Asked, found: Fit) -> None:
    print(json.dumps(as_json(asked, found)) if options.json else as_text(asked, found, options.batch))


def _compare(options: argparse.Namespace, tried: dict[str, tuple[Asked, Fit] | UserError]) -> None:
    """A row a rule; a rule that has no network says why. Raises the first reason when none has."""
    met = [each for each in tried.values() if not isinstance(each, UserError)]
    if not met:
        raise next(each for each in tried.values() if isinstance(each, UserError))
    if options.json:
        told = [
            {"rule": rule, "error": str(each)} if isinstance(each, UserError) else as_json(*each)
            for rule, each in tried.items()
        ]
        print(json.dumps(told))
    else:
        print(as_comparison(tried, options.batch))


def _family(name: str) -> Network:
    made: Network = registry.build_value("family", registry.read_yaml("family", name), name)
    return made


def _by_multipliers(baseline: Network, options: argparse.Namespace) -> tuple[Asked, Fit]:
    for name in BUDGETS:
        if getattr(options, name) is not None:
            raise UserError(f"{_flag(name)} is a rule's budget; --rule names the rule, such as --rule compound")
    if options.rounding not in (None, PAPER.name):
        raise UserError(
            f"multipliers are rounded as published ({PAPER.name}); --rounding {options.rounding} needs --rule"
        )
    side = baseline.side if options.resolution is None else _side(options.resolution, baseline.side)
    depth, width = (1.0 if value is None else value for value in (options.depth, options.width))
    try:
        by = Multipliers(depth, width, side / baseline.side)
        return Asked(options.family, None, PAPER.name, None, by.d, by.w, by.r), fit(baseline, by, None)
    except ValueError as error:
        raise UserError(str(error)) from None


def _check(options: argparse.Namespace) -> None:
    given = [name for name in MULTIPLIERS if getattr(options, name) is not None]
    if given:
        raise UserError(
            f"--rule and --{given[0]} exclude each other: a rule decides depth, width and resolution itself"
        )
    budgets = [_flag(name) for name in BUDGETS if getattr(options, name) is not None]
    if not budgets:
        raise UserError(f"--rule {' '.join(options.rule)} needs a budget, such as --times-flops 2")
    if len(budgets) > 1:
        raise UserError(f"{' and '.join(budgets)} are two budgets; one is needed")


def _rules(asked: list[str]) -> list[str]:
    """The names asked for; those of `all` are the rules that take a budget."""
    if EVERY in asked and len(asked) > 1:
        raise UserError(f"--rule {' '.join(asked)}: {EVERY} stands alone")
    found = registry.list_names("rule") if asked == [EVERY] else asked
    takes = [name for name in found if not isinstance(_rule(name), Multipliers)]
    if asked != [EVERY] and takes != found:
        name = next(name for name in found if name not in takes)
        raise UserError(f"rule {name} has no budget to fit; give --depth, --width and --resolution instead")
    return list(dict.fromkeys(takes))


def _rule(name: str) -> Any:
    return registry.build_value("rule", registry.read_yaml("rule", name), name)


def _times(baseline: Network, options: argparse.Namespace) -> float:
    own = cost(baseline).flops
    if options.flops_of is not None:
        return cost(_family(options.flops_of)).flops / own
    if options.flops is not None:
        if not isfinite(options.flops) or options.flops <= 0:
            raise UserError(f"--flops is {options.flops}; it must be a number of multiply-adds above 0")
        return float(options.flops) / own
    return float(options.times_flops)


def _by_rule(baseline: Network, options: argparse.Namespace, name: str, times: float) -> tuple[Asked, Fit]:
    rule, rounding = _rule(name), ROUNDINGS[options.rounding or FITTED.name]
    try:
        found = fit(baseline, rule, times, rounding)
        by = rule.multipliers(times) if isinstance(rule, Asking) else None
    except ValueError as error:
        raise UserError(str(error)) from None
    d, w, r = (by.d, by.w, by.r) if by else (None, None, None)
    return Asked(options.family, name, rounding.name, times, d, w, r), found


def _tried(baseline: Network, options: argparse.Namespace, name: str, times: float) -> tuple[Asked, Fit] | UserError:
    try:
        return _by_rule(baseline, options, name, times)
    except UserError as reason:
        return reason


def _batch(text: str) -> int:
    """Pictures."""
    try:
        pictures = parse_integer(text)
    except ValueError:
        raise UserError(f"--batch is {text[:20]!r}; it must be from 1 to {LARGEST_BATCH:,}, in {DIGITS}") from None
    if not 1 <= pictures <= LARGEST_BATCH:
        raise UserError(f"--batch is {text[:20]}; it must be from 1 to {LARGEST_BATCH:,}")
    return pictures


def _side(text: str, usual: int) -> int:
    """Pixels; a multiplier given by mistake is told what it comes to."""
    try:
        side = parse_integer(text)
    except ValueError:
        hint = _in_pixels(text, usual) or f", in {DIGITS}"
        raise UserError(f"--resolution is {text[:20]!r}; it must be a side in whole pixels{hint}") from None
    if not 1 <= side <= LARGEST * usual:
        raise UserError(f"--resolution is {side}; it must be between 1 and {LARGEST * usual:.0f} px")
    return side


def _in_pixels(text: str, usual: int) -> str:
    try:
        times = float(text)
    except ValueError:
        return ""
    return f" ({text} times {usual} px is {times * usual:.0f})" if 0 < times < usual else ""


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
