"""`lab.plan` and `lab.sweep`: studies from Python. Planning imports no torch; training happens in other processes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

from scaling_lab.api.arguments import require_plan_arguments
from scaling_lab.api.compose import compose
from scaling_lab.api.composition import Composition
from scaling_lab.api.results import load
from scaling_lab.api.scripts import script_not_imported
from scaling_lab.errors import EXIT_INTERRUPTED
from scaling_lab.formatting import pluralize

if TYPE_CHECKING:
    import pandas as pd

    from scaling_lab.study.plan import Study

SHOWN = ("family", "rule", "times_flops", "seed", "dataset", "recipe", "flops", "params", "side", "key", "state")


@dataclass(frozen=True, eq=False)
class StudyPlan:
    """A planned study; `lab.plan` makes it, `run` trains it.

    Attributes:
        name: Name of the study.
        folder: Its results folder.
    """

    name: str
    folder: Path
    _composition: Composition
    _study: "Study"

    @property
    def questions(self) -> "pd.DataFrame":
        """One row per question: the network obtained, its FLOPs (multiply-adds), and whether its result exists."""
        return self._table[list(SHOWN)]

    @property
    def missing(self) -> int:
        """Number of points to train: networks and seeds without a result. Several questions can share a point."""
        return int((self._table.drop_duplicates("key")["state"] != "done").sum())

    @property
    def _table(self) -> "pd.DataFrame":
        from scaling_lab.store.results import Store, StoredResults
        from scaling_lab.store.table import results_table

        return results_table(
            self._study.plan, Store(self.folder).read_results() if self.folder.is_dir() else StoredResults()
        )

    def run(
        self,
        *,
        workers: int | None = None,
        device: str = "auto",
        engine: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> "pd.DataFrame":
        """Train every point without a result, write the report, and return the table as `lab.load` does.

        Args:
            workers: Training processes; None is one per core, or one per GPU.
            device: "auto", "cpu", "cuda", or one GPU such as "cuda:0".
            engine: Name of an engine (see `lab.engines()`); None is training on this machine.
            settings: Further settings by their name on the command line, such as {"budget_hours": 2}.

        Raises:
            UserError: Settings out of range, or a folder that cannot be written to.
            KeyboardInterrupt: The user stopped the sweep; the same call resumes it.
        """
        from scaling_lab.study.run import run_sweep
        from scaling_lab.study.settings import make_executor, make_options

        added = {"workers": workers, "device": device, "name": self.name, "do": "run", **(settings or {})}
        composition = self._composition.with_settings(engine, added)
        config, _ = next(composition.configs())
        with script_not_imported():
            status = run_sweep(make_options(config), self._study, make_executor(config))
        if status == EXIT_INTERRUPTED:
            raise KeyboardInterrupt
        return load(self.folder)

    def __repr__(self) -> str:
        counts = f"{pluralize(len(self._table), 'question')}, {pluralize(len(self._study.points), 'point')}"
        return f"<study {self.name}: {counts}, {self.missing} to train>"

    def _repr_html_(self) -> str:
        return f"<p>{repr(self)[1:-1]}</p>{self.questions.to_html(max_rows=20)}"


def plan(
    study: str | None = None,
    *,
    family: str | Iterable[str] | None = None,
    rule: str | Iterable[str] | None = None,
    times_flops: float | Iterable[float] | None = None,
    seed: int | Iterable[int] | None = None,
    dataset: str | Iterable[str] | None = None,
    recipe: str | Iterable[str] | None = None,
    rounding: str | Iterable[str] | None = None,
    lr_times: float | Iterable[float] | None = None,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    **unknown: Never,
) -> StudyPlan:
    """Plan a study: every combination of the given values is a question. Nothing is trained or written.

    Args:
        study: Name of a prepared study (see `lab.studies()`) whose values are used where none is given here. None is
            the study quick if neither an axis of questions (family, rule, times_flops, seed, rounding, lr_times) nor
            a setting inside a family or rule is given, and otherwise none: what is not given has its default.
        family: Network families (see `lab.families()`).
        rule: Scaling rules (see `lab.rules()`).
        times_flops: Budgets in times the family's own FLOPs; 1 is the family itself.
        seed: Seeds.
        dataset: Datasets (see `lab.datasets()`).
        recipe: Training recipes (see `lab.recipes()`).
        rounding: "fitted" or "paper".
        lr_times: Factors of the recipe's learning rate.
        name: Name of the study, and of its folders below results/ and reports/; None is the prepared study's name, or
            "custom".
        settings: Further settings by their name on the command line, such as {"recipe.epochs": 1, "results": "/data"}.
        unknown: Refused; the error names the setting that was probably meant.

    Raises:
        UserError: All mistakes at once: unknown names, budgets that no network meets, images smaller than networks ask
            for.

    Examples:
        >>> import scaling_lab as lab
        >>> study = lab.plan(family="resnet18_small", rule=["depth", "width"], times_flops=[1, 2], seed=range(3))
        >>> study
        <study custom: 12 questions, 9 points, 9 to train>
        >>> int(study.questions["flops"].max())
        6509120
    """
    axes = {"family": family, "rule": rule, "times_flops": times_flops, "seed": seed, "dataset": dataset}
    axes |= {"recipe": recipe, "rounding": rounding, "lr_times": lr_times}
    require_plan_arguments(study, settings, axes, unknown)
    composition = compose(study, axes, ({} if name is None else {"name": name}) | dict(settings or {}))
    return _plan(composition)


def sweep(
    study: str | None = None,
    *,
    workers: int | None = None,
    device: str = "auto",
    engine: str | None = None,
    **arguments: Any,
) -> "pd.DataFrame":
    """Plan a study and train it; the arguments are those of `lab.plan` and of `StudyPlan.run`.

    Returns:
        The table of the study, as `lab.load` does.

    Raises:
        UserError: As `lab.plan` and `StudyPlan.run`.
        KeyboardInterrupt: The user stopped the sweep; the same call resumes it.
    """
    return plan(study, **arguments).run(workers=workers, device=device, engine=engine)


def _plan(composition: Composition) -> StudyPlan:
    from scaling_lab.study.assemble import make_sweep

    options, study, _ = make_sweep(list(composition.configs()), composition.overrides(), check_devices=False)
    return StudyPlan(options.name, options.results / options.name, composition, study)
