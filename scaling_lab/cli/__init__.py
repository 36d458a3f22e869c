"""The command `scaling-lab VERB`, also `python -m scaling_lab VERB`: one module per verb. No torch but in
`sweep`, `evaluate` and `reproduce`."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from scaling_lab.cli.agree import add_agree
from scaling_lab.cli.arguments import Parser, add_verbose, use_config_dir, use_trust
from scaling_lab.cli.cache import add_cache
from scaling_lab.cli.claims import add_claims
from scaling_lab.cli.compare import add_compare
from scaling_lab.cli.completion import add_completion
from scaling_lab.cli.cost import add_cost
from scaling_lab.cli.evaluate import add_evaluate
from scaling_lab.cli.export import add_export
from scaling_lab.cli.extrapolate import add_extrapolate
from scaling_lab.cli.figure import add_figure
from scaling_lab.cli.forget import add_forget
from scaling_lab.cli.import_results import add_import
from scaling_lab.cli.ls import add_ls
from scaling_lab.cli.merge import add_merge
from scaling_lab.cli.report import add_report
from scaling_lab.cli.reproduce import add_reproduce
from scaling_lab.cli.seal import add_seal
from scaling_lab.cli.settle import add_settle
from scaling_lab.cli.status import add_status
from scaling_lab.cli.summary import add_summary
from scaling_lab.cli.sweep import HYDRA_VERBS, add_plan, add_sweep, run_hydra
from scaling_lab.errors import UserError, unknown_name
from scaling_lab.study.display.command import run_command

PROG = "scaling-lab"
VERBS: dict[str, Callable[[Any], None]] = {
    "sweep": add_sweep,
    "plan": add_plan,
    "settle": add_settle,
    "status": add_status,
    "cost": add_cost,
    "ls": add_ls,
    "compare": add_compare,
    "extrapolate": add_extrapolate,
    "agree": add_agree,
    "claims": add_claims,
    "summary": add_summary,
    "report": add_report,
    "figure": add_figure,
    "export": add_export,
    "evaluate": add_evaluate,
    "reproduce": add_reproduce,
    "import": add_import,
    "merge": add_merge,
    "seal": add_seal,
    "cache": add_cache,
    "forget": add_forget,
    "completion": add_completion,
}
_EXAMPLES = """\
examples:
  scaling-lab ls families
  scaling-lab cost efficientnet_b0 --rule compound --times-flops 2
  scaling-lab plan family=resnet18_small rule=depth,width times_flops=1,2 name=mine
  scaling-lab sweep family=resnet18_small rule=depth,width times_flops=1,2 name=mine
  scaling-lab compare results/mine"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return the exit code: 0 done, 1 work failed, 2 a user's mistake, 130 interrupted."""
    return run_command(_run, sys.argv[1:] if arguments is None else arguments)


def _run(words: list[str]) -> int:
    parser = _make_parser()
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)
    if words and not words[0].startswith("-") and words[0] not in VERBS:
        raise unknown_name("command", words[0], VERBS, list_all=True)
    if words and words[0] in HYDRA_VERBS and not {"-h", "--help"} & set(words):
        return run_hydra(words[0], words[1:])
    options, unknown = parser.parse_known_args(_join_numbers(words))
    if unknown:
        name = unknown[0].partition("=")[0]
        if name.startswith("-"):
            raise unknown_name(f"option of {options.parser.prog}", name, options.parser.option_names)
        raise UserError(f"unexpected argument {name!r} (see {options.parser.prog} --help)")
    if options.command is None:
        parser.print_help()
        return 0
    use_config_dir(options)
    use_trust(options)
    options.command(options)
    return 0


def _make_parser() -> Parser:
    import argparse

    from scaling_lab import __version__

    parser = Parser(
        prog=PROG,
        description="Study how convolutional networks scale: costs, sweeps, comparisons.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"{PROG} {__version__}")
    add_verbose(parser)
    parser.set_defaults(parser=parser, command=None)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for add in VERBS.values():
        add(commands)
    return parser


def _join_numbers(words: Sequence[str]) -> list[str]:
    """Write `--width -inf` as `--width=-inf`: argparse takes only plain negative numbers for values."""
    joined: list[str] = []
    for word in words:
        option = joined and joined[-1].startswith("--") and "=" not in joined[-1]
        if option and word.startswith("-") and _is_number(word):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
