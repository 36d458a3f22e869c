"""`python -m scaling_lab VERB`: costs of networks, answers of studies, how far studies are. No torch."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from scaling_lab.cli import claims, compare, cost, export, report, seal, status
from scaling_lab.errors import UserError

MISTAKE = 2


class _Parser(argparse.ArgumentParser):
    """Tells a mistake in one line, like every other."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; {self.prog} --help tells more")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns the exit status: 0, or 2 after one line about the user's mistake."""
    parser = _Parser(prog="python -m scaling_lab", description="What networks cost, and what studies say.")
    commands = parser.add_subparsers(required=True, metavar="cost|compare|claims|report|export|seal|status")
    for verb in (cost, compare, claims, report, export, seal, status):
        verb.add(commands)
    try:
        asked = parser.parse_args(_joined(sys.argv[1:] if arguments is None else arguments))
        asked.command(asked)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except UserError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return MISTAKE
    return 0


def _joined(arguments: Sequence[str]) -> list[str]:
    """`--width -inf` as `--width=-inf`: argparse takes -1 and -1.5 for values, other such numbers for options."""
    joined: list[str] = []
    for word in arguments:
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
