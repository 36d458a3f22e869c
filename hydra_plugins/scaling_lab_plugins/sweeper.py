"""The sweeper: compose the axes of the study and the command line, and pass the questions to `scaling_lab.study`."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_plugins.scaling_lab_plugins.audits import is_audit, run_audit
from hydra_plugins.scaling_lab_plugins.axes import ComposedConfig, compose_axes, parse_axes
from scaling_lab.config import registry
from scaling_lab.errors import UserErrors
from scaling_lab.store.snapshot import SNAPSHOT_FILE
from scaling_lab.study.assemble import make_sweep
from scaling_lab.study.display.planning import track
from scaling_lab.study.executors.processes import start_fork_server
from scaling_lab.study.run import run_sweep


@dataclass
class PlanSweeperConf:
    """Configuration of `PlanSweeper`. params: axes by key; the command line may replace each of them."""

    _target_: str = f"{__name__}.PlanSweeper"
    params: dict[str, str] | None = field(default_factory=dict)


ConfigStore.instance().store(group="hydra/sweeper", name="plan", node=PlanSweeperConf, provider="scaling_lab")


class PlanSweeper(Sweeper):
    """Plans all questions before any work. Executors (`engine=...`) train; launchers of Hydra are not used."""

    loader: ConfigLoader
    config: DictConfig

    def __init__(self, params: Mapping[str, str] | None = None) -> None:
        self.params = dict(params or {})

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:  # noqa: ARG002
        """Store what Hydra passes before `sweep`."""
        self.loader, self.config = hydra_context.config_loader, config

    def sweep(self, arguments: list[str]) -> None:
        """Do what the options say. Raises UserError, and SystemExit with the exit status if it is not 0."""
        HydraConfig.instance().set_config(self.config)
        overrides = [*(f"{key}={values}" for key, values in self.params.items()), *arguments]
        axes = parse_axes(overrides, self.loader)
        configs: list[ComposedConfig] = []
        composed, total = compose_axes(axes, self.loader, self.config), prod(map(len, axes.values()))
        for config in track(composed, "composing questions", total):
            if not configs and _may_train(config.config):
                start_fork_server()
            configs.append(config)
        if is_audit(configs):
            run_audit(axes, configs, arguments)
            return
        options, study, executor = make_sweep([(config.config, config.chosen) for config in configs], overrides)
        if status := run_sweep(options, study, executor):
            raise SystemExit(status)


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
        return config.get("do") in ("run", "plan") and not snapshot.exists()
    return False
