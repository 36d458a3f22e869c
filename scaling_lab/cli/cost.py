"""`scaling-lab cost`: costs of networks, scaled by multipliers or by rules, without building them."""

import argparse
import json
from itertools import product
from typing import TYPE_CHECKING, Any

from scaling_lab.cli.cost_options import ALL_RULES, add_cost_parser, constants, constants_of, parse_resolution
from scaling_lab.errors import UserError

if TYPE_CHECKING:
    from scaling_lab.api.cost_text import CostRow
    from scaling_lab.api.network_cost import NetworkCost

BUDGETS = ("times_flops", "flops", "flops_of")
SIZES = ("depth", "width", "resolution")


def add_cost(commands: Any) -> None:
    """Add the parser of `cost`."""
    add_cost_parser(commands).set_defaults(command=run_cost)


def run_cost(options: argparse.Namespace) -> None:
    """Print the cost. Raises UserError."""
    from scaling_lab.api.build import build_baseline

    families = list(dict.fromkeys([*(options.family or []), *getattr(options, "later_families", [])]))
    labels = {family: build_baseline(family, options.side, options.channels)[0] for family in families}
    rows = _scaled(options, labels) if options.rule is None else _fitted(options, labels)
    _print(rows, options)


def _print(rows: list["CostRow"], options: argparse.Namespace) -> None:
    """Print one network by stage, or one row per network. Raises the first error if no network has a cost."""
    from scaling_lab.api.cost_comparison import comparison_text
    from scaling_lab.api.cost_text import cost_text

    errors = [row.cost for row in rows if isinstance(row.cost, Exception)]
    if len(errors) == len(rows):
        raise errors[0]
    if options.json:
        records = [_record(row) for row in rows]
        print(json.dumps(records[0] if len(records) == 1 else records))
    elif len(rows) == 1 and not isinstance(rows[0].cost, Exception):
        print(cost_text(rows[0].cost, options.batch))
    else:
        print(comparison_text(rows, options.batch))


def _record(row: "CostRow") -> dict[str, Any]:
    if isinstance(row.cost, Exception):
        named = {"family": row.family, "rule": row.rule, "times_flops": row.times_flops}
        return {**named, "error": str(row.cost)}
    return row.cost.to_dict()


def _scaled(options: argparse.Namespace, labels: dict[str, str]) -> list["CostRow"]:
    """Return the families scaled by the multipliers of the options.

    Args:
        labels: label of each family, by its name.
    """
    from scaling_lab.api.cost_text import CostRow

    for name in BUDGETS:
        if getattr(options, name) is not None:
            raise UserError(f"{_flag(name)} is the budget of a rule; add --rule, such as --rule compound")
    for name in constants(options):
        raise UserError(f"{name} is a constant of a rule; add --rule, such as --rule compound")
    if options.rounding not in (None, "paper"):
        raise UserError(f"--rounding is {options.rounding}; must be paper for multipliers, or add --rule")
    return [CostRow(label, None, None, _scale(options, family)) for family, label in labels.items()]


def _scale(options: argparse.Namespace, family: str) -> "NetworkCost":
    from scaling_lab.api.build import build_baseline
    from scaling_lab.api.cost import SMALLEST_SIDE, cost

    depth, width = (1.0 if value is None else value for value in (options.depth, options.width))
    native = build_baseline(family, options.side)[1].side
    side = native if options.resolution is None else parse_resolution(options.resolution, native)
    resolution = side if side >= SMALLEST_SIDE else side / native
    at = {"side": options.side, "channels": options.channels, "classes": options.classes}
    return cost(family, depth=depth, width=width, resolution=resolution, **at)


def _fitted(options: argparse.Namespace, labels: dict[str, str]) -> list["CostRow"]:
    """Return every rule of the options at every budget, for every family."""
    from scaling_lab.api.cost_text import CostRow

    rules = _rule_names(options.rule)
    _check_rule_options(options)
    given = constants(options)
    settings = {rule: constants_of(rule, given, rules) for rule in rules}
    times_flops = [None] if options.times_flops is None else list(dict.fromkeys(options.times_flops))
    return [
        CostRow(labels[family], rule, times, _try_fit(options, family, rule, times, settings[rule]))
        for family, rule, times in product(labels, rules, times_flops)
    ]


def _check_rule_options(options: argparse.Namespace) -> None:
    sizes = [name for name in SIZES if getattr(options, name) is not None]
    if sizes:
        raise UserError(f"--rule and --{sizes[0]} exclude each other: a rule decides depth, width and resolution")
    budgets = [_flag(name) for name in BUDGETS if getattr(options, name) is not None]
    if not budgets:
        raise UserError(f"--rule {' '.join(options.rule)} needs a budget, such as --times-flops 2")
    if len(budgets) > 1:
        raise UserError(f"{' and '.join(budgets)} exclude each other; give one budget")
    for name in ("rule", "times_flops"):
        if getattr(options, name) == []:
            raise UserError(f"{_flag(name)} has no value")


def _rule_names(requested: list[str]) -> list[str]:
    """Return the requested names without repetition; `all` stands for every rule that takes a budget."""
    from scaling_lab.api.build import build_rule
    from scaling_lab.api.catalog import budget_rules

    if requested == [ALL_RULES]:
        return budget_rules()
    if ALL_RULES in requested:
        raise UserError(f"--rule is {' '.join(requested)}; {ALL_RULES} must be alone")
    for name in requested:
        build_rule(name)
    return list(dict.fromkeys(requested))


def _try_fit(
    options: argparse.Namespace, family: str, rule: str, times_flops: float | None, settings: dict[str, Any]
) -> "NetworkCost | UserError":
    from scaling_lab.api.cost import fit

    budget = {"times_flops": times_flops, "flops": options.flops, "flops_of": options.flops_of}
    at = {"side": options.side, "channels": options.channels, "classes": options.classes}
    try:
        return fit(family, rule, rounding=options.rounding or "fitted", settings=settings or None, **budget, **at)
    except UserError as error:
        return error


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
