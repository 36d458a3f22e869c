"""`lab.import_results` and `lab.merge`: results folders of trainings elsewhere, and of several machines."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaling_lab.api.arguments import require_type, to_folder, to_plain_number
from scaling_lab.api.results import load
from scaling_lab.errors import UserError, unknown_name
from scaling_lab.study.option_names import ON_CONFLICT, REFUSE, naming_arguments
from scaling_lab.validation import is_number

if TYPE_CHECKING:
    import pandas as pd


def import_results(
    files: str | Path | Iterable[str | Path],
    results: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    accuracy_in: str | None = None,
    flops_in: str | None = None,
    flops_are: str = "multiply-adds",
    baseline_flops: float | None = None,
    format: str | None = None,
    runs: str | Path | None = None,
) -> "pd.DataFrame":
    """Make a results folder of results that were trained elsewhere, as `scaling-lab import` does.

    Args:
        files: One or several tables of trainings, such as "runs.csv".
        results: Results folder, which is created; such as "results/mine".
        columns: Column of each field, such as {"family": "model", "flops": "macs"}; "=resnet50" is a value for all
            rows. The fields are the options of `scaling-lab import`; one that is left out takes the column of its usual
            name.
        accuracy_in: "fraction" or "percent"; None infers it where the values leave no doubt.
        flops_in: Unit of FLOPs: "1", "k", "M", "G" or "T"; None is 1.
        flops_are: "multiply-adds", or "2x" where a multiplication and an addition count as two.
        baseline_flops: FLOPs of the unscaled network, in the unit of the column, if no row has it.
        format: "long", "wandb", "tensorboard" or "timm"; None infers it from the header.
        runs: Table of what each run trained, for files of one run: column run.

    Returns:
        The table of `lab.load`; `attrs["inferred"]` says what was inferred (formats, columns, units and
        budgets) and which rules each family has.

    Raises:
        UserError: A file cannot be read or understood, an unknown field or unit, or the folder has other results.

    Examples:
        >>> import scaling_lab as lab
        >>> columns = {"family": "=net", "flops": "macs", "accuracy": "top1"}
        >>> table = lab.import_results("runs.csv", "results/mine", columns=columns)
        >>> lab.compare("results/mine")
    """
    from scaling_lab.study.imports.fields import ACCURACY_UNITS, FLOPS_COUNTED, FLOPS_UNITS, FORMATS, TWICE
    from scaling_lab.study.imports.make import ImportOptions, describe_rules
    from scaling_lab.study.imports.make import import_results as make_folder
    from scaling_lab.study.imports.units import Units

    require_type("runs", runs, (str, Path, type(None)), 'a path, such as "runs.csv"')
    _require_choice("accuracy_in", accuracy_in, (None, *ACCURACY_UNITS))
    _require_choice("flops_in", flops_in, (None, *FLOPS_UNITS))
    _require_choice("flops_are", flops_are, FLOPS_COUNTED)
    _require_choice("format", format, (None, *FORMATS))
    baseline = to_plain_number(baseline_flops)
    if baseline is not None and not is_number(baseline):
        raise UserError(f"baseline_flops is {baseline!r}; must be a number")
    units = Units(flops_in, flops_are == TWICE, accuracy_in)
    table_of_runs = None if runs is None else Path(runs)
    options = ImportOptions(_to_columns(columns or {}), units, baseline, format, table_of_runs)
    with naming_arguments():
        study = make_folder(_to_paths("files", files), to_folder(results), options)
    table = load(results)
    table.attrs["inferred"] = [*study.inferred, *describe_rules(study)]
    return table


def _to_columns(columns: Any) -> dict[str, str]:
    """Return the columns by name of the field. Raises UserError for another field or type."""
    from scaling_lab.study.imports.fields import FIELDS

    require_type("columns", columns, Mapping, 'columns by field, such as {"family": "model"}')
    names = {field.option: field.name for field in FIELDS}
    for name, column in columns.items():
        if name not in names:
            raise unknown_name("field of an import", str(name), names)
        require_type(f"columns[{name!r}]", column, str, 'the name of a column, or "=VALUE" for all rows')
    return {names[name]: column for name, column in columns.items()}


def merge(results: Iterable[str | Path], into: str | Path, *, on_conflict: str = REFUSE) -> "pd.DataFrame":
    """Put results folders of machines that share none into a new one, as `scaling-lab merge` does.

    Args:
        results: Two results folders or more, which are not changed: all of trained points, or all imported.
        into: The new folder.
        on_conflict: Which folder's result counts where two have other numbers of one point: "first", "last", or none.

    Returns:
        The table of `lab.load`; `attrs["merged"]` says what the folders do not agree on.

    Raises:
        UserError: A folder cannot be read or merged, the new folder exists, or the folders have different points for
            one question, or different results of one point.
    """
    from scaling_lab.study.merge_folders import merge_folders

    _require_choice("on_conflict", on_conflict, ON_CONFLICT)
    require_type("into", into, (str, Path), "the path of a new folder")
    with naming_arguments():
        done = merge_folders(_to_paths("results", results), Path(into), on_conflict)
    table = load(into)
    table.attrs["merged"] = list(done.notes)
    return table


def _to_paths(name: str, value: Any) -> list[Path]:
    paths = [value] if isinstance(value, str | Path) else value
    require_type(name, paths, Iterable, "a path, or several")
    paths = list(paths)
    for path in paths:
        require_type(name, path, (str, Path), "a path, or several")
    if not paths:
        raise UserError(f"{name} is empty; must be a path, or several")
    return [Path(path) for path in paths]


def _require_choice(name: str, value: Any, allowed: Iterable[Any]) -> None:
    names = list(allowed)
    if value not in names:
        raise unknown_name(name, str(value), [allowed_name for allowed_name in names if allowed_name is not None])
