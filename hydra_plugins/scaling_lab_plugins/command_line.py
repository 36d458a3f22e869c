"""The options of the command line. They are Hydra's, but are read here alone: Hydra gets a rebuilt line, so that no
abbreviation or order of options means one thing to the checks and another to Hydra."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import cast

import hydra
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.plugins.completion_plugin import CompletionPlugin
from omegaconf import DictConfig, OmegaConf

from scaling_lab.api.arguments import to_existing_folder
from scaling_lab.cli.arguments import Parser
from scaling_lab.config import registry
from scaling_lab.errors import UserError, unknown_name
from scaling_lab.study.settings import CUSTOM_STUDY, is_custom

INFORMATION = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
PRIMARY = "config"
CUSTOM = f"study={CUSTOM_STUDY}"
MAX_NESTING = 20
COMMANDS = ("run", "multirun", "cfg", "shell_completion", "info")


def parse_command_line(words: Sequence[str]) -> Namespace:
    """Return the options of a command line, with its overrides in `overrides`.

    Raises:
        UserError: for an unknown option, one that would run code, a folder that does not exist, and options that
            exclude each other.
        SystemExit: as argparse does, for `--version`.
    """
    parser = _parser()
    options, unknown = parser.parse_known_intermixed_args(list(words))
    if unknown:
        raise unknown_name("option", unknown[0].partition("=")[0], parser.option_names)
    for line in options.overrides:
        _refuse_nesting(line)
    if options.experimental_rerun is not None:
        raise UserError("--experimental-rerun is not allowed: it unpickles a file, and unpickling runs code")
    chosen = [name for name in COMMANDS if getattr(options, name)]
    if len(chosen) > 1:
        flags = " and ".join(f"--{name.replace('_', '-')}" for name in chosen)
        raise UserError(f"{flags} exclude each other; give one of them")
    if options.resolve and not (options.cfg or options.help):
        raise UserError("--resolve is allowed with --cfg and --help only")
    if options.help or options.hydra_help:  # the one thing that Hydra would act on before it prints
        options.overrides.append("++hydra.hydra_logging.root=null")
    options.config_path = to_existing_folder(
        "--config-path", registry.CONF.parent / (options.config_path or registry.CONF)
    )
    options.config_dir = to_existing_folder("--config-dir", options.config_dir) if options.config_dir else None
    return options


def with_study(options: Namespace) -> list[str]:
    """Return the overrides, with study=custom if they name an axis of questions and no study.

    A primary configuration of the user's own (`--config-path`, `--config-name`) chooses its study itself.
    """
    keys = override_keys(options.overrides)
    is_own = options.config_path != registry.CONF or options.config_name != PRIMARY
    return options.overrides if is_own or "study" in keys or not is_custom(keys) else [CUSTOM, *options.overrides]


def override_keys(lines: Sequence[str]) -> list[str]:
    """Return the key of each override: `rule` of `rule=depth`, `~rule` and `+rule@package=depth`."""
    return [override.key_or_group for override in OverridesParser.create().parse_overrides(list(lines))]


def task_overrides(lines: Sequence[str]) -> list[str]:
    """Return the overrides that are not for Hydra itself."""
    overrides = OverridesParser.create().parse_overrides(list(lines))
    return [line for line, override in zip(lines, overrides, strict=True) if not override.is_hydra_override()]


def shows_information(options: Namespace) -> bool:
    """Return whether Hydra is to print something in place of running a sweep."""
    return bool(options.help or options.hydra_help or options.cfg or options.info)


def check_package(options: Namespace, config: DictConfig) -> None:
    """Raise UserError if `--package` names no part of the configuration."""
    package = options.package
    if package and package != "_global_" and OmegaConf.select(config, package) is None:
        raise unknown_name("package", package, map(str, config))


def show_information(options: Namespace) -> None:
    """Let Hydra print its help, a configuration or information about it. The configuration must have been checked."""
    flags = [f"--{name.replace('_', '-')}" for name in ("help", "hydra_help", "resolve") if getattr(options, name)]
    flags += [f"--{name}={value}" for name in ("cfg", "package", "info") if (value := getattr(options, name))]
    before = sys.argv
    sys.argv = [before[0], *flags, "--", *options.overrides]
    try:
        hydra.main(version_base=None, config_path=str(options.config_path), config_name=options.config_name)(_task)()
    finally:
        sys.argv = before


def complete_shell(options: Namespace, loader: ConfigLoader) -> None:
    """Print what a shell's completion asks for: `install=bash`, `uninstall=bash` or `query=bash`.

    Raises:
        UserError: for any other request, and a shell that Hydra has no completion for.
    """
    action, _, shell = "".join(options.overrides).partition("=")
    if len(options.overrides) != 1 or action not in ("install", "uninstall", "query"):
        raise UserError("--shell-completion needs install=SHELL, uninstall=SHELL or query=SHELL, and nothing else")
    plugins = cast(list[type[CompletionPlugin]], Plugins.instance().discover(CompletionPlugin))
    by_shell = {plugin.provides(): plugin for plugin in plugins}
    if shell not in by_shell:
        raise unknown_name("shell", shell, by_shell)
    plugin = by_shell[shell](loader)
    if action == "query" and "COMP_LINE" not in os.environ:
        raise UserError("--shell-completion query=SHELL is for shells, which set COMP_LINE")
    if action == "query":
        plugin.query(options.config_name)
    else:
        getattr(plugin, action)()


def _refuse_nesting(line: str) -> None:
    depth = deepest = 0
    for character in line:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    if deepest > MAX_NESTING:
        raise UserError(f"{line[:40]!r}... has {deepest} brackets within each other; at most {MAX_NESTING} are allowed")


def _task(_: object) -> None:
    raise AssertionError("Hydra was to print, not to run")


def _parser() -> Parser:
    parser = Parser(prog="scaling-lab sweep", add_help=False)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--version", action="version", version=f"Hydra {hydra.__version__}")
    for flag in ("--hydra-help", "--resolve"):
        parser.add_argument(flag, action="store_true")
    for flag, short in (("help", "h"), ("run", "r"), ("multirun", "m"), ("shell-completion", "sc")):
        parser.add_argument(f"--{flag}", f"-{short}", action="store_true")
    parser.add_argument("--cfg", "-c", choices=("job", "hydra", "all"))
    parser.add_argument("--package", "-p")
    parser.add_argument("--config-path", "-cp")
    parser.add_argument("--config-name", "-cn", default=PRIMARY)
    parser.add_argument("--config-dir", "-cd")
    parser.add_argument("--experimental-rerun")
    parser.add_argument("--info", "-i", nargs="?", const="all", choices=INFORMATION)
    return parser
