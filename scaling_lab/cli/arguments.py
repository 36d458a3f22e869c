"""Shared parts of the parsers of all commands: examples in the help, names with completion, the results folder."""

import argparse
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

from scaling_lab.errors import UserError, unknown_name


class Parser(argparse.ArgumentParser):
    """Parser that raises UserError for a mistake, so that it is printed on one line like any other.

    Attributes:
        settings: Beginning of words that count as values of --set, such as "dataset."; None if there are none.
            argparse takes positional arguments at one place only.
        rest: Name of the argument that also takes the words after the options; None if there are none.
        list_more: Returns text for the end of the help that would take too long to make for every command; None for
            none.
    """

    settings: str | None = None
    rest: str | None = None
    list_more: Callable[[], str] | None = None

    def format_help(self) -> str:
        """Return the help with what `list_more` adds."""
        text = super().format_help()
        before, examples, after = text.partition("examples:\n")
        return f"{before}{self.list_more()}\n{examples}{after}" if self.list_more else text

    def error(self, message: str) -> NoReturn:
        """Raise UserError."""
        raise UserError(f"{message} (see {self.prog} --help)")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse words as argparse does, those that begin with `settings` as --set=WORD."""
        if self.settings is not None and args is not None:
            before = ["", *args]
            args = [
                f"--set={word}" if word.startswith(self.settings) and "=" in word and previous != "--set" else word
                for previous, word in zip(before, args, strict=False)
            ]
        parsed, unknown = super().parse_known_args(args, namespace)
        if self.rest is not None:
            words = [word for word in unknown if not word.startswith("-")]
            setattr(parsed, self.rest, [*getattr(parsed, self.rest), *map(Path, words)])
            unknown = [word for word in unknown if word.startswith("-")]
        return parsed, unknown

    @property
    def option_names(self) -> list[str]:
        """Names of the options, such as --json."""
        return list(self._option_string_actions)


def make_parser(commands: Any, name: str, summary: str, examples: str, **settings: Any) -> Parser:
    """Add a command to argparse's subparsers, with examples at the end of its help."""
    parser: Parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog="examples:\n" + "\n".join(f"  {line}" for line in examples.splitlines()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        **settings,
    )
    add_verbose(parser)
    parser.set_defaults(parser=parser)
    return parser


def make_folder_parser(
    commands: Any, name: str, summary: str, examples: str, run: Callable[[argparse.Namespace], None]
) -> Parser:
    """Add a command that reads a results folder.

    Args:
        commands: Subparsers of argparse.
        name: Name of the command.
        summary: What it does, in a few words.
        examples: One command line per line.
        run: Called with the options.
    """
    parser = make_parser(commands, name, summary, examples)
    parser.set_defaults(command=run)
    add_results_folder(parser)
    return parser


def add_verbose(parser: argparse.ArgumentParser) -> None:
    """Add the option that `scaling_lab.study.display.command.run_command` reads."""
    parser.add_argument("-v", "--verbose", action="store_true", help="log details, and where an error comes from")


def add_names(parser: argparse.ArgumentParser, argument: str, group: str, **settings: Any) -> argparse.Action:
    """Add an argument that takes names of a group of conf/, completed by the shell, and return it."""

    def complete(**_: Any) -> list[str]:
        from scaling_lab.config.registry import list_names

        return list_names(group)

    action = parser.add_argument(argument, **settings)
    action.completer = complete  # type: ignore[attr-defined]
    return action


def add_config_dir(parser: argparse.ArgumentParser) -> None:
    """Add the option for a folder of groups of the user's own, which `use_config_dir` puts into effect."""
    parser.add_argument(
        "--config-dir",
        type=Path,
        metavar="FOLDER",
        help="folder of your own groups, with files such as FOLDER/rule/mine.yaml",
    )


def use_config_dir(options: argparse.Namespace) -> None:
    """Look up names in conf/ and in the folder of `--config-dir`. Raises UserError if there is no such folder."""
    from scaling_lab.api.arguments import to_existing_folder
    from scaling_lab.config import registry

    folder = getattr(options, "config_dir", None)
    added = [] if folder is None else [to_existing_folder("--config-dir", folder)]
    registry.set_search_path([registry.CONF, *added])


def add_trust(parser: argparse.ArgumentParser) -> None:
    """Add the option for files of code that may be run, which `use_trust` puts into effect."""
    parser.add_argument(
        "--trust",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="Python file of a network of your own, which may be run; may be repeated",
    )


def use_trust(options: argparse.Namespace) -> None:
    """Allow the files of `--trust` to be run. Raises UserError for one that does not exist."""
    from scaling_lab.modules.trust import trust_file

    for path in getattr(options, "trust", ()):
        if not path.is_file():
            raise UserError(f"--trust is {str(path)!r}; must be an existing Python file")
        trust_file(path)


def add_choice(parser: argparse.ArgumentParser, argument: str, choices: Iterable[str], **settings: Any) -> None:
    """Add an argument that takes one of a few names; an error suggests the nearest."""
    names = tuple(choices)
    settings.setdefault("metavar", "|".join(names))
    action = parser.add_argument(argument, type=_choice_parser(argument.lstrip("-"), names), **settings)
    action.completer = lambda **_: names  # type: ignore[attr-defined]


def add_results_folder(parser: argparse.ArgumentParser, **settings: Any) -> None:
    """Add the results folder."""
    parser.add_argument("results", type=Path, metavar="RESULTS_FOLDER", **{"help": "such as results/quick", **settings})


def folder_named_after(results: Path, parent: str) -> Path:
    """Return the folder in `parent` that has the name of a results folder."""
    return Path(parent) / Path(os.path.abspath(results)).name  # noqa: PTH100 - `resolve` raises for a loop of links


def add_mixed_devices(parser: argparse.ArgumentParser) -> None:
    """Add the option that allows results of several devices in one analysis."""
    parser.add_argument(
        "--mixed-devices", action="store_true", help="analyse results of several devices together (refused otherwise)"
    )


def _choice_parser(kind: str, names: tuple[str, ...]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in names:
            raise unknown_name(kind, text, names)
        return text

    return check
