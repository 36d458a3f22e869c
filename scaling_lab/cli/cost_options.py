"""Options of `scaling-lab cost`: the parser, and the values of its options, checked."""

import argparse
import re
from typing import Any

from scaling_lab.cli.arguments import add_choice, add_config_dir, add_names, add_trust, make_parser
from scaling_lab.errors import UserError, unknown_name
from scaling_lab.networks.network import MAX_CHANNELS, MAX_CLASSES, MAX_SIDE
from scaling_lab.validation import parse_integer

ALL_RULES = "all"
CONSTANTS = ("alpha", "beta", "gamma")
LARGEST_BATCH = 1_000_000
_UNITS = {"": 1.0, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_EXAMPLES = """\
scaling-lab cost resnet50                                          by stage
scaling-lab cost resnet18 resnet50 efficientnet_b0                 one row per family
scaling-lab cost efficientnet_b0 --depth 1.4 --width 1.2 --resolution 300
scaling-lab cost resnet50 --rule compound --times-flops 2
scaling-lab cost resnet50 --rule compound --times-flops 1 2 4 --alpha 1.1 --beta 1.15 --gamma 1.2
scaling-lab cost resnet50 --rule all --flops-of efficientnet_b4    one row per rule
scaling-lab cost resnet18 --side 64 --channels 1 --classes 10 --json
scaling-lab cost my_nets.py:make_vgg --trust my_nets.py            a network of your own"""


def add_cost_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the parser of `cost`, and return it."""
    parser = make_parser(commands, "cost", "show FLOPs, parameters and memory of networks, scaled or not", _EXAMPLES)
    families = add_names(
        parser,
        "family",
        "family",
        nargs="+",
        help="names of families, such as efficientnet_b0 (see `scaling-lab ls families`)",
    )
    _add_sizes(parser)
    _add_rules(parser, families)
    _add_budgets(parser, families)
    parser.add_argument(
        "--batch", type=_batch, default=64, metavar="N", help="images of the training step whose memory is shown (64)"
    )
    add_config_dir(parser)
    add_trust(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _add_sizes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--side", type=_side, metavar="PX", help="side of the baseline's input in pixels")
    parser.add_argument("--channels", type=_channels, metavar="N", help="channels of the input (3)")
    parser.add_argument("--classes", type=_classes, metavar="N", help="classes of the classifier (1000)")
    parser.add_argument("--depth", type=float, metavar="D", help="multiplier of the blocks of each stage")
    parser.add_argument("--width", type=float, metavar="W", help="multiplier of the channels")
    parser.add_argument("--resolution", metavar="PX", help="side of the scaled network's input in pixels")


def _add_rules(parser: argparse.ArgumentParser, families: argparse.Action) -> None:
    add_names(
        parser,
        "--rule",
        "rule",
        nargs="+",
        action=_but_families(families),
        metavar="NAME",
        help=f"scaling rules instead of multipliers, such as compound; or {ALL_RULES}; needs a budget",
    )
    for name in CONSTANTS:
        parser.add_argument(f"--{name}", type=float, metavar="X", help=f"constant {name} of the rules that have one")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=X", help="any constant of a rule, such as --set depth=0.5"
    )
    add_choice(
        parser,
        "--rounding",
        ("fitted", "paper", "nearest"),
        help="how rules round: fitted to the budget (default), or multiplied and rounded as published",
    )


def _add_budgets(parser: argparse.ArgumentParser, families: argparse.Action) -> None:
    parser.add_argument(
        "--times-flops",
        nargs="+",
        action=_but_families(families, float),
        metavar="X",
        help="budgets in times the family's own FLOPs",
    )
    parser.add_argument("--flops", type=_flops, metavar="N", help="budget in multiply-adds: 4.4e9, 300M, 4G")
    add_names(parser, "--flops-of", "family", metavar="FAMILY", help="budget: the FLOPs of another family")


def _but_families(families: argparse.Action, kind: type = str) -> type[argparse.Action]:
    """Return an action for an option of several values that leaves names of families to the argument `family`.

    Otherwise `--rule compound width resnet50` would take resnet50 for a rule.
    """

    class TakeButFamilies(argparse.Action):
        def __call__(self, _parser: Any, namespace: Any, values: Any, option: str | None = None) -> None:
            from scaling_lab.config.registry import list_names

            names = [word for word in values if word in list_names("family")]
            if names:
                families.required = False
                namespace.later_families = [*getattr(namespace, "later_families", []), *names]
            words = [word for word in values if word not in names]
            setattr(namespace, self.dest, [_convert(kind, option or "", word) for word in words])

    return TakeButFamilies


def _convert(kind: type, option: str, word: str) -> Any:
    try:
        return kind(word)
    except ValueError:
        raise UserError(f"{option} is {word[:20]!r}; must be a number, such as 2") from None


def constants(options: argparse.Namespace) -> dict[str, Any]:
    """Return the constants of rules that the options give, by name.

    Raises:
        UserError: --set without a name and a number, or a constant that is given twice.
    """
    given = {name: getattr(options, name) for name in CONSTANTS if getattr(options, name) is not None}
    for text in options.set:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UserError(f"--set is {text[:40]!r}; must be NAME=X, such as alpha=1.1")
        if name in given:
            raise UserError(f"{name} is given twice")
        given[name] = _convert(float, f"--set {name}", value)
    return given


def constants_of(rule: str, given: dict[str, Any], rules: list[str]) -> dict[str, Any]:
    """Return the given constants that a rule has. Raises UserError for one that none of the rules has."""
    from scaling_lab.config.registry import read_yaml, setting_names

    settings = {name: setting_names("rule", read_yaml("rule", name)) for name in rules}
    for name in given:
        if not any(name in names for names in settings.values()):
            known = {constant for names in settings.values() for constant in names} - {"_target_"}
            raise unknown_name(f"constant of {' and '.join(rules)}", name, known)
    return {name: value for name, value in given.items() if name in settings[rule]}


def parse_resolution(text: str, native: int) -> int:
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


def _flops(text: str) -> float:
    number, unit = re.fullmatch(r"(.*?)([kKmMgGtT]?)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    try:
        return float(number) * _UNITS[unit.upper()]
    except ValueError:
        raise UserError(f"--flops is {text[:20]!r}; must be a number of multiply-adds: 4.4e9, 300M or 4G") from None


def _batch(text: str) -> int:
    return _count("--batch", text, LARGEST_BATCH)


def _channels(text: str) -> int:
    return _count("--channels", text, MAX_CHANNELS)


def _classes(text: str) -> int:
    return _count("--classes", text, MAX_CLASSES)


def _side(text: str) -> int:
    return _count("--side", text, MAX_SIDE)


def _count(option: str, text: str, largest: int) -> int:
    try:
        number = parse_integer(text)
    except ValueError:
        number = 0
    if not 1 <= number <= largest:
        raise UserError(f"{option} is {text[:20]!r}; must be an integer from 1 to {largest:,}, in digits 0 to 9")
    return number
