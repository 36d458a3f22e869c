"""The sweeper: axes of the study and of the command line to questions, and on to `scaling_lab.sweep.run`."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_plugins.scaling_lab_plugins.audits import audit, is_audit
from hydra_plugins.scaling_lab_plugins.axes import ComposedConfig, compose_axes, parse_axes
from hydra_plugins.scaling_lab_plugins.launcher import PoolLauncher
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import ErrorCollector, UserError
from scaling_lab.store.schema import Question
from scaling_lab.store.snapshot import SNAPSHOT_FILE
from scaling_lab.sweep.executors.processes import begin
from scaling_lab.sweep.lr_grid import lr_grid
from scaling_lab.sweep.plan import QuestionSpec, plan_study
from scaling_lab.sweep.questions import lr_factors, make_options, make_question
from scaling_lab.sweep.run import run_sweep


@dataclass
class PlanSweeperConf:
    """`params`: axes by key, which the command line may replace one by one."""

    _target_: str = f"{__name__}.PlanSweeper"
    params: dict[str, str] | None = field(default_factory=dict)


ConfigStore.instance().store(group="hydra/sweeper", name="plan", node=PlanSweeperConf, provider="scaling_lab")


class PlanSweeper(Sweeper):
    """Plans all questions before any work; local processes, or another launcher of Hydra's, train."""

    loader: ConfigLoader
    config: DictConfig
    launcher: Launcher

    def __init__(self, params: Mapping[str, str] | None = None) -> None:
        self.params = dict(params or {})

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Hydra calls this before `sweep`."""
        self.loader, self.config = hydra_context.config_loader, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        """Does what is wanted. Raises UserError, and SystemExit with the exit status when that is not 0."""
        HydraConfig.instance().set_config(self.config)
        lines = [*(f"{key}={values}" for key, values in self.params.items()), *arguments]
        asked = parse_axes(lines, self.loader)
        found: list[ComposedConfig] = []
        for one in compose_axes(asked, self.loader, self.config):
            if not found and _may_train(one.config):
                begin()
            found.append(one)
        if is_audit(found):
            audit(asked, found, arguments)
            return
        asks, order = self._asked(found)
        here = isinstance(self.launcher, PoolLauncher)
        overrides = {one.question: each.overrides for one, each in zip(asks, found, strict=True)}
        grid = lr_grid(asks, _one_grid(found))
        for new, old in grid:
            overrides[new.question] = (*overrides[old.question], f"lr_times={new.question.lr_times}")
        asks += [new for new, _ in grid]
        status = run_sweep(order, lines, asks, None if here else partial(self._launch, overrides))
        if status:
            raise SystemExit(status)

    def _asked(self, found: Sequence[ComposedConfig]) -> tuple[list[QuestionSpec], SweepOptions]:
        """Questions, and what is to be done with them. Raises UserErrors, those of planning included."""
        wrong, asks = ErrorCollector(), list[QuestionSpec]()
        with wrong.collect():
            order = _one(found)
        with wrong.collect():
            lr_grid([], _one_grid(found))
        for each in found:
            with wrong.collect():
                asks.append(make_question(each.config, each.chosen))
        if wrong.messages:
            with wrong.collect():
                plan_study("", (), asks, found[0].config.get("above_native") is True)
        wrong.raise_collected()
        return asks, order

    def _launch(self, overrides: Mapping[Question, Sequence[str]], questions: Sequence[Question]) -> None:
        self.launcher.launch([list(overrides[question]) for question in questions], initial_job_idx=0)


def _may_train(config: Mapping[str, Any]) -> bool:
    """Whether it is worth importing torch while the questions are put together: not for a study that is sealed."""
    seal = Path(str(config.get("results")), str(config.get("name")), SNAPSHOT_FILE)
    with suppress(OSError, ValueError):  # a name that no file can have is told later
        return config.get("do") in ("run", "plan") and not seal.exists()
    return False


def _one_grid(found: Sequence[ComposedConfig]) -> list[float]:
    first, *others = (lr_factors(each.config) for each in found)
    if any(other != first for other in others):
        raise UserError("lr_grid cannot be swept; there is one for the whole sweep")
    return first


def _one(found: Sequence[ComposedConfig]) -> SweepOptions:
    every = {make_options(each.config): None for each in found}
    first, *others = every
    for other in others:
        name = next(name for name in vars(first) if getattr(first, name) != getattr(other, name))
        raise UserError(f"{name} cannot be swept; there is one for the whole sweep")
    return first
