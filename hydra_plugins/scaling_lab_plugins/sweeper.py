"""The sweeper: compose the axes of the study and the command line, and pass the questions to `scaling_lab.study`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_plugins.scaling_lab_plugins.audits import is_audit, refuse_other_axes, run_audit
from hydra_plugins.scaling_lab_plugins.axes import Axes, parse_axes
from hydra_plugins.scaling_lab_plugins.combinations import ComposedConfig, compose_axes
from hydra_plugins.scaling_lab_plugins.hydra_errors import quoting_hint
from scaling_lab.config import registry
from scaling_lab.config.sweep_options import SETTLE
from scaling_lab.errors import UserError, UserErrors, error_messages
from scaling_lab.store.snapshot_file import SNAPSHOT_FILE
from scaling_lab.study.assemble import make_sweep
from scaling_lab.study.display.planning import track
from scaling_lab.study.executors.fork_server import start_fork_server
from scaling_lab.study.grids import common_axes, make_grids
from scaling_lab.study.overrides import search_path_override
from scaling_lab.study.run import run_sweep


@dataclass
class PlanSweeperConf:
    """Configuration of `PlanSweeper`.

    Attributes:
        params: axes by key; the command line may replace each of them.
        also: further grids, each with axes that replace those of params; the study is their union.
    """

    _target_: str = f"{__name__}.PlanSweeper"
    params: dict[str, str] | None = field(default_factory=dict)
    also: Any = None


ConfigStore.instance().store(group="hydra/sweeper", name="plan", node=PlanSweeperConf, provider="scaling_lab")


class PlanSweeper(Sweeper):
    """Plans all questions before any work. Executors (`engine=...`) train; launchers of Hydra are not used."""

    loader: ConfigLoader
    config: DictConfig

    def __init__(self, params: Any = None, also: Any = None) -> None:
        self.grids = make_grids(params, also)

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:  # noqa: ARG002
        """Store what Hydra passes before `sweep`."""
        self.loader, self.config = hydra_context.config_loader, config

    def sweep(self, arguments: list[str]) -> None:
        """Do what the options say. Raises UserError, and SystemExit with the exit status if it is not 0."""
        HydraConfig.instance().set_config(self.config)
        chosen = f"study={self.config.hydra.runtime.choices.get('study')}"
        lines = [[chosen, *(f"{key}={values}" for key, values in grid.items()), *arguments] for grid in self.grids]
        axes = [parse_axes(of_grid, self.loader) for of_grid in lines]
        audit = is_audit(self.config.hydra.runtime.choices.get("study"), self._actions(axes))
        if audit:
            refuse_other_axes(key for of_grid in axes for key in of_grid)
        configs: list[ComposedConfig] = []
        total = sum(prod(map(len, of_grid.values())) for of_grid in axes)  # at most
        for config in track(self._compose(axes), "composing questions", total):
            if not configs and not audit and _may_train(config.config):
                start_fork_server()
            configs.append(config)
        if audit:
            run_audit(configs, arguments)
            return
        common = (f"{key}={values}" for key, values in common_axes(self.grids).items())
        with _commas_explained(axes):
            options, study, executor = make_sweep(
                [(config.config, config.chosen) for config in configs],
                [*search_path_override(), chosen, *common, *arguments],
            )
        if status := run_sweep(options, study, executor):
            raise SystemExit(status)

    def _actions(self, axes: Sequence[Axes]) -> list[object]:
        """Return the values of `do`, of all grids."""
        parser = OverridesParser.create()
        lines = dict.fromkeys(line for of_grid in axes for line in of_grid.get("do", ()))
        return [parser.parse_override(line).value() for line in lines] or [self.config.get("do")]

    def _compose(self, axes: Sequence[Axes]) -> Iterator[ComposedConfig]:
        """Yield the configurations of all grids; those of further grids only if they are new."""
        seen = set[str]()
        for of_grid in axes:
            for config in compose_axes(of_grid, self.loader, self.config):
                if len(axes) == 1 or repr(config.config) not in seen:
                    seen.add(repr(config.config))
                    yield config


@contextmanager
def _commas_explained(axes: Sequence[Axes]) -> Iterator[None]:
    """Context manager: an error after a path with a comma, which is read as two paths, begins with how to write it.

    Errors about the parts of such a path are left out if the path exists. Where each part exists, two paths are meant.
    """
    try:
        yield
    except UserError as error:
        messages, hints = error_messages(error), list[str]()
        for key, lines in {key: lines for of_grid in axes for key, lines in of_grid.items()}.items():
            if key.endswith(".path") and len(lines) > 1:
                parts = [line.partition("=")[2] for line in lines]
                if all(Path(part).expanduser().exists() for part in parts):
                    continue
                hints.append(quoting_hint(f"{key}={','.join(parts)}"))
                if Path(",".join(parts)).expanduser().exists():
                    messages = [message for message in messages if not any(part in message for part in parts)]
        raise UserErrors([*hints, *messages]) from None


def refuse_other_plugins(config: DictConfig) -> None:
    """Raise UserErrors if a launcher or another sweeper of Hydra is chosen."""
    choices, errors = config.hydra.runtime.choices, []
    if (launcher := choices.get("hydra/launcher")) != "basic":
        engines = ", ".join(registry.list_names("engine"))
        errors.append(f"hydra/launcher is {launcher!r}; launchers are not used, choose an executor: engine={engines}")
    if (sweeper := choices.get("hydra/sweeper")) != "plan":
        errors.append(f"hydra/sweeper is {sweeper!r}; must be plan, which plans all questions before any work")
    if errors:
        raise UserErrors(errors)


def _may_train(config: Mapping[str, Any]) -> bool:
    """Return whether torch will probably be needed, so that it can be imported early; not if there is a snapshot."""
    snapshot = Path(str(config.get("results")), str(config.get("name")), SNAPSHOT_FILE)
    with suppress(OSError, ValueError):  # an invalid name is reported later
        return config.get("do") in ("run", "plan", SETTLE) and not snapshot.exists()
    return False
