"""`scaling-lab completion`: the script that makes a shell complete commands, options and names."""

import argparse
from typing import Any

from scaling_lab.cli.arguments import add_choice, make_parser

_EXAMPLES = """\
eval "$(scaling-lab completion bash)"                                      in ~/.bashrc
eval "$(scaling-lab completion zsh)"                                       in ~/.zshrc
scaling-lab completion fish > ~/.config/fish/completions/scaling-lab.fish"""


def add_completion(commands: Any) -> None:
    """Add the parser of `completion`."""
    parser = make_parser(commands, "completion", "print the completion script of a shell", _EXAMPLES)
    parser.set_defaults(command=run_completion)
    add_choice(parser, "shell", ("bash", "zsh", "fish"), help="the shell")


def run_completion(options: argparse.Namespace) -> None:
    """Print the script."""
    from argcomplete.shell_integration import shellcode

    print(shellcode(["scaling-lab"], shell="bash" if options.shell == "zsh" else options.shell))
