"""The functions of `lab` that read a results folder, such as `lab.load` and `lab.status`, and return DataFrames."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_lab.api.arguments import require_type, to_folder
from scaling_lab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


BASELINE_ROWS = ("once", "per_rule")


def load(results: str | Path, *, baseline: str = "once") -> "pd.DataFrame":
    """Return the table of a study: one row per question, with sizes, costs and, where it is trained, its results.

    Args:
        results: Results folder, such as "results/quick".
        baseline: "once" has the unscaled network once per setting and seed, with the rule "baseline"; "per_rule" has
            it in a row of each rule, as table.csv.

    Returns:
        The columns of table.csv, described in `scaling_lab.store.table`, with types: `depths` and `widths` are lists of
        ints, `finished` is a time, names are categories, missing values are NA. `state` is done, failed or missing.
        Accuracies are 0 to 1, FLOPs are multiply-adds. `attrs["study"]` is the study's name, `attrs["notes"]` what is
        missing. `to_parquet` keeps all of it.

    Raises:
        UserError: No such folder, no plan in it, or another value of `baseline`.

    Examples:
        >>> import scaling_lab as lab
        >>> table = lab.load("results/quick-reference")
        >>> table.query("state == 'done'").groupby("rule", observed=True)["test_accuracy"].mean().idxmax()
        'width'
        >>> table["depths"].iloc[0]
        [1, 2, 1]
    """
    from scaling_lab.analysis.load import read_results_folder
    from scaling_lab.analysis.typed_table import make_typed_table

    if baseline not in BASELINE_ROWS:
        raise UserError(f"baseline is {str(baseline)[:80]!r}; must be {' or '.join(BASELINE_ROWS)}")
    folder = read_results_folder(to_folder(results), mixed_devices=True)
    table = make_typed_table(folder.table, baseline_once=baseline == "once")
    table.attrs = {"study": folder.study, "notes": [*folder.unlearned, *folder.notes]}
    return table


def status(results: str | Path, *, lease_seconds: float | None = None) -> "pd.DataFrame":
    """Return how far a study is, from any machine that sees its folder: one row per point, in the order of the plan.

    Args:
        results: Results folder, such as "results/quick".
        lease_seconds: A process that is silent for longer counts as stale; None is 60, as in a sweep.

    Returns:
        Columns `key`; `state`, one of done, running, stale, failed and missing; family, rule, times_flops, dataset,
        recipe and seed of the first question that the point answers; `reason` of a failure; `unlearned`, why a network
        did not learn: at chance, collapsed or diverged; `step`, the last known
        step of a training that is not done. Missing values are NA. `attrs["study"]` is the study's name.

    Raises:
        UserError: No such folder, no plan in it, or a lease out of range.

    Examples:
        >>> import scaling_lab as lab
        >>> int((lab.status("results/quick-reference")["state"] == "done").sum())
        90
    """
    from scaling_lab.config.execution import ExecutionOptions
    from scaling_lab.store.studies import open_store
    from scaling_lab.study.status_table import make_status_table

    options = ExecutionOptions() if lease_seconds is None else ExecutionOptions(lease_seconds=lease_seconds)
    return make_status_table(open_store(to_folder(results)), options.lease_seconds)


def evaluate(
    results: str | Path,
    where: str | None = None,
    *,
    key: str | None = None,
    dataset: str | None = None,
    dataset_path: str | None = None,
    device: str = "cpu",
    latency: bool = False,
) -> "pd.DataFrame":
    """Return the test scores of kept weights and those of their results: one row per point. Needs torch.

    Args:
        results: Results folder of a study that was trained with `keep_weights=true`.
        where: Condition on the columns of table.csv, such as "rule == 'depth'"; None for all finished points.
        key: Key of the only point, or the beginning of it.
        dataset: Name of another dataset with the same classes; None is that of the study.
        dataset_path: Its path; None is that of the study.
        device: "cpu", or one GPU such as "cuda:0".
        latency: Measure the time of one image; the machine should be quiet.

    Returns:
        Columns as `scaling_lab evaluate` prints them: setting, dataset, `test_accuracy`, `test_loss` and `test_top5`
        as measured now, `recorded_...` as in the result, and `changed`, the number of images with another answer.

    Raises:
        UserError: No such folder, point or dataset, a condition that is none, or weights that do not fit.
    """
    from scaling_lab.study.evaluation import EvaluationOptions, evaluate_weights

    for name, value in {"where": where, "key": key, "dataset": dataset, "dataset_path": dataset_path}.items():
        if value is not None:
            require_type(name, value, str, "a string")
    options = EvaluationOptions(key, where, dataset, dataset_path, device, latency)
    return evaluate_weights(to_folder(results), options)


def forget(
    results: str | Path, where: str | None = None, *, keys: Collection[str] = (), delete: bool = False
) -> "pd.DataFrame":
    """Take results, failures and checkpoints of points out of a study, so that the next sweep trains them again.

    Args:
        results: Results folder, such as "results/quick".
        where: Condition on the columns of table.csv, such as "rule == 'depth' and seed in [0, 1]". A point that also
            answers a question that does not fulfil it is kept.
        keys: Keys of points to forget, for any questions that they answer.
        delete: Delete the files. Otherwise they are moved to the folder `forgotten` in the results folder.

    Returns:
        The rows of the questions that have lost their result, as `lab.load` has them before.

    Raises:
        UserError: No such folder, no plan in it, neither `where` nor `keys`, a condition that is none, an unknown key,
            or a point that is being trained.
    """
    from scaling_lab.study import forget as module

    if where is not None:
        require_type("where", where, str, "a condition on columns of the table")
    forgetting = module.plan_forgetting(to_folder(results), where, keys)
    module.forget(forgetting, delete)
    return forgetting.rows
