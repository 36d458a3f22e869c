"""`lab.reproduce`: finished points of a study, trained again and compared with their results."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaling_lab.api.arguments import require_type, to_folder
from scaling_lab.api.scripts import script_not_imported

if TYPE_CHECKING:
    import pandas as pd


def reproduce(
    results: str | Path,
    *,
    sample: int = 5,
    seed: int = 0,
    point: str | None = None,
    cheapest: bool = False,
    settings: Mapping[str, Any] | None = None,
    into: str | Path | None = None,
    device: str | None = None,
    workers: int | None = None,
) -> "pd.DataFrame":
    """Train finished points of a study again on this machine and compare them with their results. Needs torch.

    Args:
        results: Results folder, such as "results/quick-reference".
        sample: Number of points.
        seed: Seed of their random choice.
        point: Key of the only point, or the beginning of it.
        cheapest: Choose the points that took the shortest time instead of a random sample.
        settings: Settings of the dataset that replace those of the plan, such as {"path": "cifar10.tar.gz"}.
        into: Folder in which the results are kept, so that a repeated call resumes; None is a temporary one.
        device: "cpu", "cuda", or one GPU such as "cuda:0"; None is the kind of the recorded results.
        workers: Training processes; None is one per core, or one per GPU.

    Returns:
        One row per point, with the columns of `scaling_lab.analysis.reproduction_table`: `verdict` is bit-equal, equal
        within seed noise, not reproduced or failed; `command` trains the point alone. `attrs["notes"]` has the counts,
        and what differs from the recorded provenance.

    Raises:
        UserError: No such folder or point, images that are not those of the study, or a family or recipe that has
            changed since; before anything is trained.
        KeyboardInterrupt: The user stopped the training.
    """
    from scaling_lab.analysis.reproduction_table import make_reproduction_table
    from scaling_lab.analysis.text.reproduction import summarize_reproductions
    from scaling_lab.study.option_names import naming_arguments
    from scaling_lab.study.reproduce import ReproduceOptions, reproduce_points, select_points

    if point is not None:
        require_type("point", point, str, "a key, or the beginning of one")
    require_type("sample", sample, int, "a number of points")
    folder, into_folder = to_folder(results), None if into is None else Path(into)
    options = ReproduceOptions(sample, seed, point, cheapest, dict(settings or {}), into_folder, device, workers)
    with naming_arguments():
        selection = select_points(folder, options)
    with script_not_imported():
        reproductions = reproduce_points(folder, selection, options)
    table = make_reproduction_table(reproductions)
    table.attrs = {"notes": summarize_reproductions(reproductions)}
    return table
