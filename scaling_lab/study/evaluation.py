"""Evaluation of the weights that a study has kept: which points, on which dataset, against their results."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.analysis.where import select_rows
from scaling_lab.config import registry
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.errors import UserError
from scaling_lab.formatting import pluralize
from scaling_lab.store.plan_schema import Plan
from scaling_lab.store.rebuild import rebuild_point
from scaling_lab.store.results import Store
from scaling_lab.store.schema import Point, Result
from scaling_lab.study.recorded_dataset import find_recorded_dataset
from scaling_lab.training.evaluate.stored import evaluate_stored
from scaling_lab.training.weights import WeightsFile

if TYPE_CHECKING:
    import pandas as pd

RETRAIN = "scaling-lab forget {} --where ... takes out points, which the next sweep trains again"
SETTINGS = ("family", "rule", "times_flops", "d", "w", "r", "seed", "key")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EvaluationOptions:
    """What is evaluated.

    Attributes:
        key: Key of the only point; None for all.
        where: Condition on the columns of the table (`analysis.where`), such as "rule == 'depth'"; None for all.
        dataset: Name of a dataset in conf/dataset; None for the one of the study.
        dataset_path: Its `dataset.path`; None for the one of the study.
        device: "cpu", or one GPU such as "cuda:0".
        latency: Whether latency is measured.
    """

    key: str | None = None
    where: str | None = None
    dataset: str | None = None
    dataset_path: str | None = None
    device: str = "cpu"
    latency: bool = False


def evaluate_weights(results: Path, options: EvaluationOptions) -> "pd.DataFrame":
    """Return the test scores of stored weights and those of their results, one row per point.

    Returns:
        Columns family to key as in the table; `dataset` that was evaluated; `test_accuracy`, `test_loss`, `test_top5`
        and, if requested, `latency_seconds` as measured now, and `recorded_...` as in the result; `changed`, the number
        of test images whose answer differs from the result's, missing for another dataset.

    Raises:
        UserError: No such folder, point or dataset, a wrong condition, no weights, or weights that do not fit.
    """
    import pandas as pd

    folder = read_results_folder(results, mixed_devices=True)
    plan, datasets = folder.store.read_plan(), dict[str, Dataset]()
    rows = _selected(folder.table, options)
    files = {key: WeightsFile.of(folder.store, key) for key in rows["key"]}
    stored = {key for key, file in files.items() if file.path.is_file()}
    if not stored:
        raise UserError(
            f"{results} has no weights of {pluralize(len(files), 'selected point')}; they are kept by a sweep with "
            f"keep_weights=true, for points that it trains; {RETRAIN.format(results)}"
        )
    if missing := len(files) - len(stored):
        logger.warning("%s without weights: left out; %s", pluralize(missing, "point"), RETRAIN.format(results))
    evaluated = []
    for row in rows[rows["key"].isin(stored)].to_dict("records"):
        result, point = read_result_and_point(folder.store, str(row["key"]))
        name = point.data.name
        if name not in datasets:
            datasets[name] = build_dataset(name, plan, options)
        settings = {setting: row[setting] for setting in SETTINGS}
        evaluated.append(settings | _evaluate(point, result, files[point.key], datasets[name], options))
    return pd.DataFrame(evaluated)


def _selected(table: "pd.DataFrame", options: EvaluationOptions) -> "pd.DataFrame":
    """Return the first row of each finished point that is selected."""
    rows = table[table["state"] == "done"]
    if options.key is not None:
        rows = rows[rows["key"].str.startswith(options.key)]
        if rows.empty:
            raise UserError(f"no finished point has the key {options.key}")
    if options.where is not None:
        rows = rows[select_rows(rows, options.where)]
        if rows.empty:
            raise UserError(f"no finished point meets --where {options.where!r}")
    if rows.empty:
        raise UserError("the study has no finished point")
    return rows.drop_duplicates("key")


def read_result_and_point(store: Store, key: str) -> tuple[Result, Point]:
    """Return a result and the point that it is of. Raises UserError if the file cannot be read."""
    result = store.read_result(key)
    if result is None:
        raise UserError(f"{store.points / f'{key}.json'} cannot be read")
    try:
        return result, rebuild_point(result)
    except ValueError as error:
        raise UserError(f"{store.points / f'{key}.json'}: {error}") from None


def build_dataset(name: str, plan: Plan, options: EvaluationOptions) -> Dataset:
    """Return the requested dataset, or the one of that name that the study was planned with.

    Raises:
        UserError: It cannot be built, or the plan, of an older version, does not say from what.
    """
    choice = options.dataset or name
    if options.dataset is not None:
        content = registry.read_yaml("dataset", choice)
    elif recorded := find_recorded_dataset(plan, name):
        content = dict(recorded.settings)
    else:
        raise UserError(f"the plan does not say what the dataset {name} was built from; name it with --dataset")
    if options.dataset_path is not None:
        content["path"] = options.dataset_path
    dataset: Dataset = registry.build_value("dataset", content, choice)
    return dataset


def _evaluate(
    point: Point, result: Result, file: WeightsFile, dataset: Dataset, options: EvaluationOptions
) -> dict[str, Any]:
    from scaling_lab.store.bits import unpack_bits

    scores, latency = evaluate_stored(point, file, dataset, options.device, options.latency)
    is_same = dataset.fingerprint == point.data.fingerprint
    before = unpack_bits(result.test_correct, result.test_pictures) if is_same else None
    row = {
        "dataset": dataset.name if is_same or dataset.name != point.data.name else f"{dataset.name} (changed)",
        "test_accuracy": scores.accuracy,
        "recorded_test_accuracy": result.test_accuracy,
        "changed": sum(a != b for a, b in zip(scores.correct, before, strict=True)) if before else None,
        "test_loss": scores.loss,
        "recorded_test_loss": result.test_loss,
        "test_top5": scores.top5_accuracy,
        "recorded_test_top5": result.test_top5,
    }
    if options.latency:
        row |= {"latency_seconds": latency, "recorded_latency_seconds": result.latency_seconds}
    return row
