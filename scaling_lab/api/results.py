"""`lab.load`, `lab.compare` and `lab.forget`: a results folder as DataFrames."""

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
        [1, 1, 1, 2, 1]
    """
    from scaling_lab.analysis.load import read_results_folder
    from scaling_lab.analysis.typed_table import make_typed_table

    if baseline not in BASELINE_ROWS:
        raise UserError(f"baseline is {str(baseline)[:80]!r}; must be {' or '.join(BASELINE_ROWS)}")
    folder = read_results_folder(to_folder(results), mixed_devices=True)
    table = make_typed_table(folder.table, baseline_once=baseline == "once")
    table.attrs = {"study": folder.study, "notes": folder.notes}
    return table


def compare(
    results: str | Path,
    equal: str = "flops",
    *,
    contrasts: str | None = None,
    delta: float | None = None,
    mixed_devices: bool = False,
) -> "pd.DataFrame":
    """Return which rules of a study differ in test accuracy at equal cost: one row per pair of rules.

    Args:
        results: Results folder, such as "results/quick".
        equal: What is equal: flops (the requested budgets), params, activations, latency or train_seconds.
        contrasts: Pairs of rules to test, such as "compound-width,compound-depth"; None are those of the plan, or all.
        delta: Smallest difference that matters, in percentage points; None is that of the plan.
        mixed_devices: Whether results of several devices may be compared.

    Returns:
        Columns as described in `scaling_lab.analysis.verdict_table`: difference and its 95 % interval in percentage
        points, p corrected by Holm's method, verdict, extra seeds needed. `attrs["notes"]` is what was left out.

    Raises:
        UserError: No such folder, no plan in it, an unknown cost or rule, a delta out of range, or results of several
            devices.

    Examples:
        >>> import scaling_lab as lab
        >>> pairs = lab.compare("results/rules-reference")
        >>> pairs[["first", "second", "verdict"]].iloc[0].tolist()
        ['resolution', 'width', 'not told apart']
    """
    from scaling_lab.analysis.equal_cost import compare_at_equal_cost
    from scaling_lab.analysis.evidence import collect_evidence
    from scaling_lab.analysis.load import read_results_folder
    from scaling_lab.analysis.verdict_table import make_verdict_table

    require_type("equal", equal, str, 'the name of a cost, such as "flops"')
    if contrasts is not None:
        require_type("contrasts", contrasts, str, 'pairs of rules, such as "compound-width,compound-depth"')
    folder = read_results_folder(to_folder(results), mixed_devices).with_verdicts(contrasts, delta)
    evidence = collect_evidence(folder.table)
    table = make_verdict_table(
        comparison
        for group in compare_at_equal_cost(evidence, equal, folder.verdict_options)
        for comparison in group.comparisons
    )
    table.attrs = {"notes": [*folder.notes, *evidence.notes]}
    return table


def forget(
    results: str | Path, where: str | None = None, *, keys: Collection[str] = (), delete: bool = False
) -> "pd.DataFrame":
    """Take results, failures and checkpoints of points out of a study, so that the next sweep trains them again.

    Args:
        results: Results folder, such as "results/quick".
        where: Condition on the columns of table.csv, such as "rule == 'depth' and seed in [0, 1]". A point that also
            answers a question that does not fulfil it is kept.
        keys: Keys of points to forget, whatever questions they answer.
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
