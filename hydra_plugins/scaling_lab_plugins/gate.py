"""Nothing that a configuration holds is executed: what Hydra itself would call is refused before it can.

Hydra makes callbacks, log handlers and parts of launchers from whatever `_target_` or class a file names, and sets the
environment of jobs. Groups of this project go through `scaling_lab.config.registry`, which has a list of its own.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl as Loader
from hydra._internal.hydra import Hydra
from hydra.core.override_parser.types import Override
from hydra.core.utils import configure_log
from omegaconf import DictConfig, OmegaConf

from scaling_lab.errors import UserError, UserErrors

LOGS = ("hydra_logging", "job_logging")
PLUGINS = ("launcher", "sweeper")
CLASSES = ("logging.StreamHandler", "logging.FileHandler", "logging.NullHandler", "logging.Formatter")
STREAMS = ("ext://sys.stdout", "ext://sys.stderr")
# As Hydra's own files have them.
LOG_FILES = ("${hydra.runtime.output_dir}/${hydra.job.name}.log", "hydra-${hydra.job.name}.log")

CALLS = "a configuration calls nothing"
SETS = "a configuration sets no environment"
LOGGING = "logs go through Python's own StreamHandler, FileHandler and Formatter, to the console or Hydra's file"
FOLDERS = "configurations come from folders, and no package is imported for them"
POINTS = "what stands here is written out, not an interpolation"


def refuse_executable(config: DictConfig) -> None:
    """Raises UserErrors for everything under `hydra` that would call something but plugins and Python's own logging."""
    hydra = OmegaConf.to_container(config, resolve=False)["hydra"]  # type: ignore[index, call-overload]
    if wrong := sorted({f"{key} is not taken: {why}" for key, why in _executing(hydra)}):
        raise UserErrors(wrong)


@contextmanager
def guarded() -> Iterator[None]:
    """Within, Hydra refuses such a config when it has composed it, before it acts on it in any way, and looks for
    configurations in folders alone: from a package it would import that."""
    compose, sweep, search = Hydra.compose_config, Loader.load_sweep_config, Loader._process_config_searchpath

    @wraps(compose)
    def guarding(self: Hydra, *words: Any, with_log_configuration: bool = False, **others: Any) -> DictConfig:
        config = compose(self, *words, with_log_configuration=False, **others)
        refuse_executable(config)
        if with_log_configuration:
            configure_log(config.hydra.hydra_logging, config.hydra.verbose)
        return config

    @wraps(sweep)
    def sweeping(self: Loader, *words: Any, **others: Any) -> DictConfig:
        config = sweep(self, *words, **others)
        refuse_executable(config)
        return config

    @wraps(search)
    def searching(self: Loader, name: str | None, overrides: list[Override], repository: Any) -> None:
        said = [one.value() for one in overrides if one.get_key_element().lstrip("+~") == "hydra.searchpath"]
        primary = repository.load_config(config_path=name) if name else None
        said += [OmegaConf.select(primary.config, "hydra.searchpath")] if primary else []
        for place in (place for places in said for place in places or ()):
            if "://" in str(place).removeprefix("file://"):
                raise UserError(f"hydra.searchpath {place!r} is not taken: {FOLDERS}")
        search(self, name, overrides, repository)

    Hydra.compose_config, Loader.load_sweep_config = guarding, sweeping  # type: ignore[method-assign]
    Loader._process_config_searchpath = searching  # type: ignore[method-assign]
    try:
        yield
    finally:
        Hydra.compose_config, Loader.load_sweep_config = compose, sweep  # type: ignore[method-assign]
        Loader._process_config_searchpath = search  # type: ignore[method-assign]


def _executing(hydra: Any) -> Iterator[tuple[str, str]]:
    """The keys that are refused, each with why."""
    for parent in ("hydra", "hydra.job"):
        if not isinstance(_at(hydra, parent), Mapping):
            yield parent, POINTS
            return
    for parent, why in (("hydra.callbacks", CALLS), ("hydra.job.env_set", SETS)):
        held = _at(hydra, parent)
        yield from ((f"{parent}.{name}", why) for name in ([] if isinstance(held, str) else held or ()))
    for parent in ("callbacks", "job.env_set", *PLUGINS, *LOGS):
        for key, value in _leaves(f"hydra.{parent}", _at(hydra, f"hydra.{parent}")):
            if parent in PLUGINS and key.endswith("._target_") and key != f"hydra.{parent}._target_":
                yield key, CALLS
            elif parent in LOGS and not _logs(key.rpartition(".")[2], value):
                yield key, LOGGING
            elif "${" in str(value) and value not in LOG_FILES:
                yield key, POINTS


def _logs(name: str, value: Any) -> bool:
    """Whether a value of a logging configuration does no more than log."""
    if name in ("()", "_target_", "factory"):
        return False
    if name in ("class", "filename"):
        return value in CLASSES if name == "class" else value in LOG_FILES
    return "://" not in str(value) or value in STREAMS


def _at(hydra: Any, key: str) -> Any:
    for name in key.split(".")[1:]:
        hydra = hydra.get(name) if isinstance(hydra, Mapping) else None
    return hydra


def _leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every value that holds no others, with the key at which it stands."""
    if not isinstance(value, Mapping | list):
        yield key, value
        return
    for name, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
        yield from _leaves(f"{key}.{name}", inner)
