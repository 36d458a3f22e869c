"""Checks that a configuration runs no code: anything that Hydra would execute or import for it is refused.

Hydra makes callbacks, log handlers and parts of launchers from any `_target_` or class that a file names, sets
environment variables of jobs, and imports packages in which it looks for configurations. `CheckedLoader` is the one
way in which configurations are composed here, and it checks each before anyone sees it. The groups of this project
(family, rule, ...) have checks of their own in `scaling_lab.config.registry`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from hydra.core.config_loader import ConfigLoader
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.plugins.config_source import ConfigSource
from hydra.types import RunMode
from omegaconf import Container, DictConfig, OmegaConf

from scaling_lab.errors import UserError, UserErrors

LOGS = ("hydra_logging", "job_logging")
PLUGINS = ("launcher", "sweeper")
CLASSES = ("logging.StreamHandler", "logging.FileHandler", "logging.NullHandler", "logging.Formatter")
STREAMS = ("ext://sys.stdout", "ext://sys.stderr")
# As in Hydra's own files.
LOG_FILES = ("${hydra.runtime.output_dir}/${hydra.job.name}.log", "hydra-${hydra.job.name}.log")

ENVIRONMENT = re.compile(r"\$\{oc\.env:[A-Za-z_][A-Za-z0-9_]*\}")

NO_CODE = "configurations must not run code"
NO_ENVIRONMENT = "configurations must not set environment variables"
NO_OTHER_LOGS = "logging is limited to StreamHandler, FileHandler and Formatter, writing to the console or Hydra's file"
NO_PACKAGES = "must be a folder; configurations must not import packages"
NO_INTERPOLATION = "must be written out; an interpolation is not allowed here"
NO_OVERRIDES = "must be given on the command line, not by a configuration"


class CheckedLoader(ConfigLoader):
    """Hydra's loader of configurations, which raises UserError for what would run code.

    Args:
        loader: Hydra's own.
    """

    def __init__(self, loader: ConfigLoader) -> None:
        self._loader = loader
        self._checked_names = set[str]()
        self._searched: tuple[str | None, list[str]] = (None, [])

    def load_configuration(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool = True,
        validate_sweep_overrides: bool = True,
    ) -> DictConfig:
        self._check_search_path(config_name, overrides)
        self._searched = (config_name, [line for line in overrides if "searchpath" in line])
        config = self._loader.load_configuration(config_name, overrides, run_mode, from_shell, validate_sweep_overrides)
        refuse_executable(config, overrides)
        return config

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        overrides = [*master_config.hydra.overrides.hydra, *sweep_overrides]
        self._check_search_path(master_config.hydra.job.config_name, overrides)
        config = self._loader.load_sweep_config(master_config, sweep_overrides)
        refuse_executable(config, overrides)
        return config

    def get_search_path(self) -> ConfigSearchPath:
        return self._loader.get_search_path()

    def get_sources(self) -> list[ConfigSource]:
        return self._loader.get_sources()

    def list_groups(self, parent_name: str) -> list[str]:
        return self._loader.list_groups(parent_name)

    def get_group_options(
        self,
        group_name: str,
        results_filter: ObjectType | None = ObjectType.CONFIG,
        config_name: str | None = None,
        overrides: list[str] | None = None,
    ) -> list[str]:
        if overrides is None:  # Hydra would leave out the folders of hydra.searchpath
            config_name, overrides = self._searched
        self._check_search_path(config_name, overrides)
        return self._loader.get_group_options(group_name, results_filter, config_name, overrides)

    def compute_defaults_list(self, config_name: str | None, overrides: list[str], run_mode: RunMode) -> Any:
        self._check_search_path(config_name, overrides)
        return self._loader.compute_defaults_list(config_name, overrides, run_mode)

    def _check_search_path(self, config_name: str | None, overrides: Sequence[str]) -> None:
        """Raise UserError where Hydra would look for configurations elsewhere than in folders. Hydra takes
        `hydra.searchpath` from the command line and from the primary configuration only."""
        for line in overrides:
            if "searchpath" in line:
                override = OverridesParser.create().parse_override(line)
                if override.get_key_element().lstrip("+~") == "hydra.searchpath":
                    _refuse_packages(override.value())
        if config_name is not None and config_name not in self._checked_names:
            for source in self.get_sources():
                if source.is_config(config_name):
                    _check_primary(source.load_config(config_name).config)
            self._checked_names.add(config_name)


def refuse_executable(config: DictConfig, overrides: Sequence[str]) -> None:
    """Raise UserErrors for everything in a composed configuration that Hydra would execute.

    Plugins of Hydra and Python's own logging are allowed.

    Args:
        config: the whole configuration, `hydra` included.
        overrides: what it was composed with.
    """
    settings = cast(dict[str, Any], OmegaConf.to_container(config, resolve=False))
    hydra = settings["hydra"]
    if settings.get("trust") not in (None, False) and not any(_sets_trust(line) for line in overrides):
        raise UserError(f"trust={settings['trust']} {NO_OVERRIDES}")
    if violations := sorted({f"{key} is not allowed: {reason}" for key, reason in _violations(hydra)}):
        raise UserErrors(violations)
    recorded = (*(hydra["overrides"]["hydra"] or ()), *(hydra["overrides"]["task"] or ()))
    if Counter(recorded) != Counter(overrides):
        raise UserError(f"hydra.overrides is not allowed: overrides {NO_OVERRIDES}")


def _sets_trust(line: str) -> bool:
    return line.partition("=")[0].lstrip("+") == "trust"


def _check_primary(primary: Container) -> None:
    """Raise UserError for a search path outside folders. It may name environment variables: other interpolations can
    differ between this check and Hydra's own reading."""
    written = OmegaConf.to_container(primary, resolve=False)
    hydra = written.get("hydra") if isinstance(written, dict) else None
    places = hydra.get("searchpath") if isinstance(hydra, dict) else hydra
    if "${" in ENVIRONMENT.sub("", str(places)):
        raise UserError(f"hydra.searchpath of the primary configuration {NO_INTERPOLATION}, except ${{oc.env:NAME}}")
    if places is not None:
        _refuse_packages(OmegaConf.select(primary, "hydra.searchpath"))


def _refuse_packages(places: Any) -> None:
    if places is not None and not isinstance(places, Sequence):
        raise UserError(f"hydra.searchpath is {places!r}; must be a list of folders such as [file:///some/conf]")
    for place in (places,) if isinstance(places, str) else places or ():
        if "://" in str(place).removeprefix("file://"):
            raise UserError(f"hydra.searchpath has {str(place)!r}; {NO_PACKAGES}")
        if not Path(str(place).removeprefix("file://")).is_dir():
            raise UserError(f"hydra.searchpath has {str(place)!r}; must be an existing folder")


def _violations(hydra: Any) -> Iterator[tuple[str, str]]:
    """Yield the keys that are refused, each with the reason."""
    for parent in ("hydra", "hydra.job", "hydra.overrides"):
        if not isinstance(_select(hydra, parent), Mapping):
            yield parent, NO_INTERPOLATION
            return
    for parent, reason in (("hydra.callbacks", NO_CODE), ("hydra.job.env_set", NO_ENVIRONMENT)):
        children = _select(hydra, parent)
        yield from ((f"{parent}.{name}", reason) for name in ([] if isinstance(children, str) else children or ()))
    for parent in ("callbacks", "job.env_set", *PLUGINS, *LOGS):
        for key, value in _leaves(f"hydra.{parent}", _select(hydra, f"hydra.{parent}")):
            if parent in PLUGINS and key.endswith("._target_") and key != f"hydra.{parent}._target_":
                yield key, NO_CODE
            elif parent in LOGS and not _only_logs(key.rpartition(".")[2], value):
                yield key, NO_OTHER_LOGS
            elif "${" in str(value) and value not in LOG_FILES:
                yield key, NO_INTERPOLATION


def _only_logs(name: str, value: Any) -> bool:
    """Return whether a value of a logging configuration does no more than log."""
    if name in ("()", "_target_", "factory"):
        return False
    if name in ("class", "filename"):
        return value in CLASSES if name == "class" else value in LOG_FILES
    return "://" not in str(value) or value in STREAMS


def _select(hydra: Any, key: str) -> Any:
    for name in key.split(".")[1:]:
        hydra = hydra.get(name) if isinstance(hydra, Mapping) else None
    return hydra


def _leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every value that contains no others, with its key."""
    if not isinstance(value, Mapping | list):
        yield key, value
        return
    for name, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
        yield from _leaves(f"{key}.{name}", inner)
