"""The launcher: a process a point on this machine. The sweeper of this package plans first and goes past it."""

from collections.abc import Sequence
from dataclasses import dataclass

from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_plugins.scaling_lab_plugins.axes import to_plain, without_hydra
from scaling_lab.store.results import Store, StoredResults
from scaling_lab.sweep.plan import resolve_question
from scaling_lab.sweep.questions import make_options, make_question
from scaling_lab.sweep.run import INTERRUPTED, run_sweep


@dataclass
class PoolLauncherConf:
    """Has no settings: the number of workers is the sweep's."""

    _target_: str = f"{__name__}.PoolLauncher"


ConfigStore.instance().store(group="hydra/launcher", name="pool", node=PoolLauncherConf, provider="scaling_lab")


class PoolLauncher(Launcher):
    """For other sweepers: the jobs of a batch are the questions of a study."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:  # noqa: ARG002
        """Hydra calls this before `launch`."""
        self.loader, self.config = hydra_context.config_loader, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:  # noqa: ARG002
        """Does what is wanted with a batch; what a job that trains returns is its point's held-out accuracy.

        Raises UserError. SystemExit, with the exit status, after an interrupt.
        """
        HydraConfig.instance().set_config(self.config)
        configs = [self.loader.load_sweep_config(self.config, list(lines)) for lines in job_overrides]
        values = [to_plain(without_hydra(config)) for config in configs]
        asks = [make_question(v, config.hydra.runtime.choices) for v, config in zip(values, configs, strict=True)]
        order = make_options(values[0])
        status = run_sweep(order, sorted({line for lines in job_overrides for line in lines}), asks)
        if status == INTERRUPTED:
            raise SystemExit(status)
        if order.do != "run":
            return [JobReturn(list(lines), status=JobStatus.COMPLETED) for lines in job_overrides]
        stored = Store(order.results / order.name).read_results()
        points = (resolve_question(asked)[1] for asked in asks)
        return [_returned(point.key, lines, stored) for point, lines in zip(points, job_overrides, strict=True)]


def _returned(key: str, lines: Sequence[str], stored: StoredResults) -> JobReturn:
    if key in stored.results:
        return JobReturn(list(lines), status=JobStatus.COMPLETED, _return_value=stored.results[key].held_out_accuracy)
    reason = RuntimeError(stored.failures.get(key, "not trained"))
    return JobReturn(list(lines), status=JobStatus.FAILED, _return_value=reason)
