"""The functions of `lab` that compare the rules of one study: `lab.compare`, `lab.lengths` and `lab.extrapolate`."""

from pathlib import Path
from typing import TYPE_CHECKING

from scaling_lab.api.arguments import require_type, require_verdict_arguments, to_folder

if TYPE_CHECKING:
    import pandas as pd


def compare(
    results: str | Path,
    equal: str = "flops",
    *,
    contrasts: str | None = None,
    delta: float | None = None,
    metric: str = "accuracy",
    with_unlearned: bool = False,
    clusters: str | Path | None = None,
    mixed_devices: bool = False,
) -> "pd.DataFrame":
    """Return which rules of a study differ on the test images at equal cost: one row per pair of rules.

    Args:
        results: Results folder, such as "results/quick".
        equal: What is equal: flops (the requested budgets), params, activations, latency or train_seconds.
        contrasts: Pairs of rules to test, such as "compound-width,compound-depth"; None are those of the plan, or all.
        delta: Smallest difference that matters, in percentage points (nats of loss); None is that of the plan.
        metric: What is compared: accuracy, loss or top5.
        with_unlearned: Whether networks at chance count like any others; they are left out otherwise.
        clusters: CSV file with the columns index and cluster, one row per test image, where images are not independent
            draws.
        mixed_devices: Whether results of several devices may be compared.

    Returns:
        Columns as described in `scaling_lab.analysis.verdict_table`: difference and its 95 % interval in percentage
        points, p corrected by Holm's method, verdict, extra seeds needed. `attrs["notes"]` is what did not learn,
        which verdicts that changes, and what was left out.

    Raises:
        UserError: No such folder, no plan in it, an unknown cost, metric or rule, a delta out of range, an unusable
            file of clusters, clusters with a metric other than accuracy, or results of several devices.

    Examples:
        >>> import scaling_lab as lab
        >>> pairs = lab.compare("results/rules-reference")
        >>> pairs[["first", "second", "verdict"]].iloc[0].tolist()
        ['resolution', 'width', 'not told apart']
    """
    from scaling_lab.analysis.study_comparison import read_study_comparison
    from scaling_lab.analysis.text.unlearned import describe_verdict_changes
    from scaling_lab.analysis.verdict_table import make_verdict_table

    require_verdict_arguments(metric, contrasts)
    require_type("equal", equal, str, 'the name of a cost, such as "flops"')
    study = read_study_comparison(
        to_folder(results),
        mixed_devices,
        contrasts=contrasts,
        delta=delta,
        metric=metric,
        clusters=None if clusters is None else Path(clusters),
        equal=equal,
        with_unlearned=with_unlearned,
    )
    table = make_verdict_table(study.comparisons)
    changes = describe_verdict_changes(study.verdict_changes)
    study.folder.record_look("lab.compare")
    table.attrs = {"notes": [*study.folder.unlearned, *changes, *study.folder.notes, *study.evidence.notes]}
    return table


def lengths(
    results: str | Path, *, contrasts: str | None = None, metric: str = "accuracy", mixed_devices: bool = False
) -> "pd.DataFrame":
    """Return the differences of rules after each number of epochs of a study: one row per pair, budget and length.

    Args:
        results: Results folder, such as "results/quick", of a study with several lengths (`recipe.epochs=4,8`).
        contrasts: Pairs of rules to test, such as "compound-width,compound-depth"; None are those of the plan, or all.
        metric: What is compared: accuracy, loss or top5.
        mixed_devices: Whether results of several devices may be compared.

    Returns:
        Columns as described in `scaling_lab.analysis.lengths_table`: difference and verdict at each length, and its
        change from the shortest training with a 95 % interval and p value. Empty for a study of one length.

    Raises:
        UserError: No such folder, no plan in it, an unknown metric or rule, or results of several devices.
    """
    from scaling_lab.analysis.lengths import compare_lengths
    from scaling_lab.analysis.lengths_table import make_length_table
    from scaling_lab.analysis.study_comparison import read_study_comparison

    require_verdict_arguments(metric, contrasts)
    study = read_study_comparison(to_folder(results), mixed_devices, contrasts=contrasts, metric=metric)
    table = make_length_table(compare_lengths(study.budget_comparisons, study.looks))
    study.folder.record_look("lab.lengths")
    table.attrs = {"notes": [*study.folder.unlearned, *study.folder.notes, *study.evidence.notes]}
    return table


def extrapolate(
    results: str | Path,
    *,
    metric: str = "accuracy",
    clusters: str | Path | None = None,
    mixed_devices: bool = False,
) -> "pd.DataFrame":
    """Return how well the smaller budgets of each rule predict the larger ones that were measured.

    Args:
        results: Results folder, such as "results/quick".
        metric: What is predicted: accuracy, loss or top5.
        clusters: As in `compare`.
        mixed_devices: Whether results of several devices may be analysed together.

    Returns:
        One row per rule, form of curve, fitted budgets and predicted budget, with the columns that
        `scaling_lab.analysis.extrapolation_table` describes: `predicted`, `measured` and `miss` with its 95 % interval
        in percentage points (nats of loss). The rows of the form "combined" use no single form. Empty below three
        budgets. `attrs["sentences"]` has the result in words, `attrs["notes"]` what was left out.

    Raises:
        UserError: No such folder, no plan in it, an unknown metric, unusable clusters, or results of several devices.

    Examples:
        >>> import scaling_lab as lab
        >>> lab.extrapolate("results/rules-reference").empty  # two budgets
        True
    """
    from scaling_lab.analysis.curves.held_out import predict_held_out
    from scaling_lab.analysis.extrapolation_table import make_extrapolation_table
    from scaling_lab.analysis.study_comparison import read_study_comparison
    from scaling_lab.analysis.text.extrapolation import describe_held_out

    require_verdict_arguments(metric)
    by_image = None if clusters is None else Path(clusters)
    study = read_study_comparison(to_folder(results), mixed_devices, metric=metric, clusters=by_image)
    predictions = predict_held_out(study.evidence.at_recipe_lr())
    table = make_extrapolation_table(predictions)
    described = describe_held_out(predictions)
    sentences = [f"{setting.family}: {text}" for setting, of_setting in described.items() for text in of_setting]
    table.attrs = {
        "sentences": sentences,
        "notes": [*study.folder.unlearned, *study.folder.notes, *study.evidence.notes],
    }
    return table
