"""`scaling-lab cost`: costs of a network, scaled by multipliers or by rules, without building it."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from scaling_lab.cli.arguments import add_choice, add_names, make_parser
from scaling_lab.errors import UserError
from scaling_lab.validation import parse_integer

if TYPE_CHECKING:
    from scaling_lab.api.network_cost import NetworkCost

ALL_RULES = "all"
LARGEST_BATCH = 1_000_000
BUDGETS = ("times_flops", "flops", "flops_of")
SIZES = ("depth", "width", "resolution")
_EXAMPLES = """\
scaling-lab cost resnet50                                          by stage
scaling-lab cost efficientnet_b0 --depth 1.4 --width 1.2 --resolution 300
scaling-lab cost resnet50 --rule compound --times-flops 2
scaling-lab cost resnet50 --rule all --flops-of efficientnet_b4    one row per rule
scaling-lab cost resnet50 --json"""


def add_cost(commands: Any) -> None:
    """Add the parser of `cost`."""
    parser = make_parser(commands, "cost", "show FLOPs, parameters and memory of a network, scaled or not", _EXAMPLES)
    parser.set_defaults(command=run_cost)
    add_names(
        parser, "family", "family", help="name of a family, such as efficientnet_b0 (see `scaling-lab ls families`)"
    )
    parser.add_argument("--depth", type=float, metavar="D", help="multiplier of the blocks of each stage")
    parser.add_argument("--width", type=float, metavar="W", help="multiplier of the channels")
    parser.add_argument("--resolution", metavar="PX", help="side of the input in pixels")
    add_names(
        parser,
        "--rule",
        "rule",
        nargs="+",
        metavar="NAME",
        help=f"scaling rules instead of multipliers, such as compound; or {ALL_RULES}; needs a budget",
    )
    parser.add_argument("--times-flops", type=float, metavar="X", help="budget in times the family's own FLOPs")
    parser.add_argument("--flops", type=float, metavar="N", help="budget in FLOPs (multiply-adds), such as 4.4e9")
    add_names(parser, "--flops-of", "family", metavar="FAMILY", help="budget: the FLOPs of another family")
    add_choice(
        parser,
        "--rounding",
        ("fitted", "paper", "nearest"),
        help="how rules round: fitted to the budget (default), or multiplied and rounded as published",
    )
    parser.add_argument(
        "--batch", type=_batch, default=64, metavar="N", help="images of the training step whose memory is shown (64)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run_cost(options: argparse.Namespace) -> None:
    """Print the cost. Raises UserError."""
    from scaling_lab.api.cost import build_family

    build_family(options.family)
    if options.rule is None:
        _show(options, _scale(options))
        return
    _check_rule_options(options)
    rules = _rule_names(options.rule)
    if len(rules) == 1:
        _show(options, _fit(options, rules[0]))
        return
    _show_comparison(options, {rule: _try_fit(options, rule) for rule in rules})


def _show(options: argparse.Namespace, spent: "NetworkCost") -> None:
    from scaling_lab.api.cost_text import cost_text

    print(json.dumps(spent.to_dict()) if options.json else cost_text(spent, options.batch))


def _show_comparison(options: argparse.Namespace, costs: dict[str, "NetworkCost | UserError"]) -> None:
    """Print one row per rule, and the error of a rule without a network. Raises the first error if all have one."""
    errors = [spent for spent in costs.values() if isinstance(spent, UserError)]
    if len(errors) == len(costs):
        raise errors[0]
    if options.json:
        records = [
            {"rule": rule, "error": str(spent)} if isinstance(spent, UserError) else spent.to_dict()
            for rule, spent in costs.items()
        ]
        print(json.dumps(records))
        return
    from scaling_lab.api.cost_text import comparison_text

    print(comparison_text(costs, options.batch))


def _scale(options: argparse.Namespace) -> "NetworkCost":
    from scaling_lab.api.cost import SMALLEST_SIDE, build_family, cost

    for name in BUDGETS:
        if getattr(options, name) is not None:
            raise UserError(f"{_flag(name)} is the budget of a rule; add --rule, such as --rule compound")
    if options.rounding not in (None, "paper"):
        raise UserError(f"--rounding is {options.rounding}; must be paper for multipliers, or add --rule")
    depth, width = (1.0 if value is None else value for value in (options.depth, options.width))
    native = build_family(options.family).side
    side = native if options.resolution is None else _side(options.resolution, native)
    resolution = side if side >= SMALLEST_SIDE else side / native
    return cost(options.family, depth=depth, width=width, resolution=resolution)


def _check_rule_options(options: argparse.Namespace) -> None:
    sizes = [name for name in SIZES if getattr(options, name) is not None]
    if sizes:
        raise UserError(f"--rule and --{sizes[0]} exclude each other: a rule decides depth, width and resolution")
    budgets = [_flag(name) for name in BUDGETS if getattr(options, name) is not None]
    if not budgets:
        raise UserError(f"--rule {' '.join(options.rule)} needs a budget, such as --times-flops 2")
    if len(budgets) > 1:
        raise UserError(f"{' and '.join(budgets)} exclude each other; give one budget")


def _rule_names(requested: list[str]) -> list[str]:
    """Return the requested names without repetition; `all` stands for every rule that takes a budget."""
    from scaling_lab.api.catalog import budget_rules
    from scaling_lab.api.cost import build_rule

    if requested == [ALL_RULES]:
        return budget_rules()
    if ALL_RULES in requested:
        raise UserError(f"--rule is {' '.join(requested)}; {ALL_RULES} must be alone")
    for name in requested:
        build_rule(name)
    return list(dict.fromkeys(requested))


def _fit(options: argparse.Namespace, rule: str) -> "NetworkCost":
    from scaling_lab.api.cost import fit

    budget = {name: getattr(options, name) for name in BUDGETS}
    return fit(options.family, rule, rounding=options.rounding or "fitted", **budget)


def _try_fit(options: argparse.Namespace, rule: str) -> "NetworkCost | UserError":
    try:
        return _fit(options, rule)
    except UserError as error:
        return error


def _batch(text: str) -> int:
    try:
        images = parse_integer(text)
    except ValueError:
        images = 0
    if not 1 <= images <= LARGEST_BATCH:
        raise UserError(f"--batch is {text[:20]!r}; must be an integer from 1 to {LARGEST_BATCH:,}, in digits 0 to 9")
    return images


def _side(text: str, native: int) -> int:
    """Return the side in pixels; the error for a multiplier names the side that it stands for."""
    from scaling_lab.networks.scaling.multipliers import MAX_MULTIPLIER

    try:
        side = parse_integer(text)
    except ValueError:
        hint = _in_pixels(text, native) or ", in digits 0 to 9"
        raise UserError(f"--resolution is {text[:20]!r}; must be a whole number of pixels{hint}") from None
    if not 1 <= side <= MAX_MULTIPLIER * native:
        raise UserError(f"--resolution is {side}; must be from 1 to {MAX_MULTIPLIER * native:.0f} px")
    return side


def _in_pixels(text: str, native: int) -> str:
    try:
        times = float(text)
    except ValueError:
        return ""
    return f" ({text} times {native} px is {times * native:.0f})" if 0 < times < native else ""


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
