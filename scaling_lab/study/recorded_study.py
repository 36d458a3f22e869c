"""The study of some finished points alone, rebuilt from what its results folder has."""

from collections.abc import Mapping, Sequence
from typing import Any

from scaling_lab.config import registry
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.errors import ErrorCollector, UserError
from scaling_lab.store.plan_schema import DataSource, Plan
from scaling_lab.study.labels import question_label, varying_settings
from scaling_lab.study.plan import PlannedPoint, Study
from scaling_lab.study.recorded_dataset import find_recorded_dataset
from scaling_lab.study.recorded_points import RecordedPoint, rebuild_recorded


def plan_recorded_points(plan: Plan, recorded_points: Sequence[RecordedPoint], changes: Mapping[str, Any]) -> Study:
    """Return the study of some points of a plan.

    Args:
        plan: Plan of their study.
        recorded_points: The points.
        changes: Settings of the datasets that replace those of the plan.

    Raises:
        UserErrors: All datasets and points that cannot be rebuilt.
    """
    errors, datasets = ErrorCollector(), dict[str, tuple[Dataset, Mapping[str, Any]]]()
    for name in dict.fromkeys(recorded.entry.question.dataset for recorded in recorded_points):
        with errors.collect():
            datasets[name] = _build_dataset(plan, name, changes)
    shown = varying_settings([entry.question for entry in plan.entries])
    planned: dict[str, PlannedPoint] = {}
    for recorded in recorded_points:
        question = recorded.entry.question
        if question.dataset in datasets:
            dataset, source = datasets[question.dataset]
            with errors.collect():
                point = rebuild_recorded(recorded, dataset)
                label = question_label(question, shown)
                planned[point.key] = PlannedPoint(point, question, dataset, source, label)
    errors.raise_collected()
    sources = tuple(DataSource(name, dict(source)) for name, (_, source) in datasets.items())
    entries = tuple(recorded.entry for recorded in recorded_points)
    return Study(Plan(plan.study, plan.asked, entries, datasets=sources, families=plan.families), planned, ())


def _build_dataset(plan: Plan, name: str, changes: Mapping[str, Any]) -> tuple[Dataset, Mapping[str, Any]]:
    """Return the dataset that the study was planned with, and the settings it is built from."""
    recorded = find_recorded_dataset(plan, name)
    if recorded is None:
        raise UserError(f"the plan does not say what the dataset {name} was built from")
    settings = {**recorded.settings, **changes}
    try:
        return registry.build_value("dataset", settings, recorded.choice), settings
    except UserError as error:
        hint = "" if "path" in changes or "path" not in settings else "; set dataset.path=... to where the images are"
        raise UserError(f"{error}{hint}") from None
