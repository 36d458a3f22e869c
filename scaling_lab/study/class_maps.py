"""Class activation maps of the networks of a study that kept their weights."""

from pathlib import Path
from typing import TYPE_CHECKING

from scaling_lab.analysis.class_maps import ClassMaps, NetworkMaps
from scaling_lab.analysis.load import read_results_folder
from scaling_lab.errors import UserError
from scaling_lab.study.evaluation import RETRAIN, EvaluationOptions, build_dataset, read_result_and_point
from scaling_lab.training.evaluate.activation_maps import find_class_examples, map_stored
from scaling_lab.training.weights import WeightsFile

if TYPE_CHECKING:
    import pandas as pd

    from scaling_lab.data.streaming.dataset import Dataset
    from scaling_lab.store.results import Store

MAX_IMAGES = 4
MAX_NETWORKS = 7


def compute_class_maps(results: Path) -> ClassMaps:
    """Return the maps of a baseline and of each rule at its largest budget, for one image of each of a few classes.

    The family is the first one whose baseline has weights, the seed the lowest with weights.

    Raises:
        UserError: No such folder, no baseline with weights, weights or a data set that cannot be read, or a network
            without global average pooling.
    """
    folder = read_results_folder(results, mixed_devices=True)
    rows = _choose_rows(folder.table, folder.store)
    if rows is None:
        raise UserError(
            f"{results} has no weights of a baseline and a network scaled from it with the same seed; they are kept by "
            f"a sweep with keep_weights=true, for points that it trains; {RETRAIN.format(results)}"
        )
    points = {key: read_result_and_point(folder.store, key)[1] for key in map(str, rows["key"])}
    first = points[str(rows["key"].iloc[0])]
    dataset = build_dataset(first.data.name, folder.store.read_plan(), EvaluationOptions())
    if dataset.fingerprint != first.data.fingerprint:
        raise UserError(f"the images of {first.data.name} are no longer those that {results} was trained on")
    places = find_class_examples(first, dataset, MAX_IMAGES)
    stored = {
        key: map_stored(point, WeightsFile.of(folder.store, key), dataset, places) for key, point in points.items()
    }
    largest = max(stored.values(), key=lambda maps: maps.images.shape[-1])
    names = _class_names(dataset)
    networks = [
        NetworkMaps(
            rule=None if row["times_flops"] == 1 else str(row["rule"]),
            times_flops=None if row["times_flops"] != row["times_flops"] else float(row["times_flops"]),
            side=int(row["side"]),
            maps=stored[str(row["key"])].maps.double().numpy(),
            predicted=tuple(names[label] for label in stored[str(row["key"])].predicted),
        )
        for row in rows.to_dict("records")
    ]
    return ClassMaps(
        family=str(rows["family"].iloc[0]),
        dataset=dataset.name,
        images=largest.images.permute(0, 2, 3, 1).numpy(),
        labels=tuple(names[label] for label in largest.labels),
        networks=tuple(networks),
        seed=int(rows["seed"].iloc[0]),
    )


def _choose_rows(table: "pd.DataFrame", store: "Store") -> "pd.DataFrame | None":
    """Return the rows of one family and seed with weights: the baseline, then each rule at its largest budget."""
    done = table[(table["state"] == "done") & (table["lr_times"] == 1)]
    with_weights = done[[WeightsFile.of(store, str(key)).path.is_file() for key in done["key"]]]
    for _, rows in with_weights.groupby(["family", "dataset", "recipe", "seed"], sort=False):
        start = rows[rows["times_flops"] == 1].head(1)
        scaled = rows[rows["times_flops"].fillna(0) != 1]
        scaled = scaled.sort_values("times_flops", kind="stable").drop_duplicates("rule", keep="last").sort_index()
        if len(start) and len(scaled):
            import pandas as pd

            return pd.concat([start, scaled.drop_duplicates("key")]).head(MAX_NETWORKS)
    return None


def _class_names(dataset: "Dataset") -> tuple[str, ...]:
    return tuple(dataset.class_names) or tuple(f"class {number}" for number in range(dataset.classes))
