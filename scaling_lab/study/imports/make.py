"""Make the records of an import from the text of its rows. No torch."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from scaling_lab.errors import ErrorCollector, UserError
from scaling_lab.formatting import pluralize
from scaling_lab.store.imported import UNKNOWN, ImportedRun, ImportedStudy, write_imported
from scaling_lab.store.imported_table import imported_table
from scaling_lab.store.results import Store
from scaling_lab.store.table import write_table
from scaling_lab.study.imports.budgets import find_budgets
from scaling_lab.study.imports.checks import (
    describe_unequal_epochs,
    drop_repeated_baselines,
    require_distinct_names,
    require_unique,
)
from scaling_lab.study.imports.columns import select_columns
from scaling_lab.study.imports.events import is_event_file, read_events
from scaling_lab.study.imports.fields import CONSTANT, FIELDS, LONG, SOURCE, Kind
from scaling_lab.study.imports.formats import convert, infer_format, join_runs
from scaling_lab.study.imports.read import read_tables
from scaling_lab.study.imports.units import AS_GIVEN, Units, to_flops, to_shares
from scaling_lab.study.imports.values import describe_missing, parse_names, parse_numbers, places_of
from scaling_lab.study.option_names import option

ACCURACY = "test_accuracy"


@dataclass(frozen=True)
class ImportOptions:
    """How files are read.

    Attributes:
        columns: Column, or `=VALUE` for all rows, by name of the field (`fields.FIELDS`).
        units: Units of FLOPs and accuracies.
        baseline_flops: FLOPs of the baseline, in the unit of the source; None to find it in the rows.
        format: One of `fields.FORMATS`; None to infer it.
        runs: Table of what each run trained, by the column `run`; None if the files say it.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    units: Units = AS_GIVEN
    baseline_flops: float | None = None
    format: str | None = None
    runs: Path | None = None


def import_results(paths: Sequence[Path], folder: Path, options: ImportOptions) -> ImportedStudy:
    """Read files and write them as the imported results of a folder.

    Args:
        paths: Files of trainings.
        folder: Results folder; created if missing.

    Returns:
        What was written.

    Raises:
        UserError: A file cannot be read or understood, or the folder has other results.
    """
    events = [read_events(path, options.columns.get(ACCURACY)) for path in paths if is_event_file(path)]
    tables, sources = read_tables([path for path in paths if not is_event_file(path)])
    if events:
        tables, sources = [*tables, *(table for table, _ in events)], (*sources, *(source for _, source in events))
        options = replace(
            options, columns={name: column for name, column in options.columns.items() if name != ACCURACY}
        )
    kind = _choose_format(tables, options.format)
    table, notes = convert(tables, kind)
    if options.runs is not None:
        ((path, runs_table),), more = read_tables([options.runs])
        table, sources = join_runs(table, runs_table, path.name), (*sources, *more)
    runs, inferred = make_runs(table, options)
    formats = [f"Format: {kind}."] if kind != LONG and options.format is None else []
    study = ImportedStudy(folder.absolute().name, kind, sources, (*formats, *notes, *inferred), runs)
    store = Store(folder)
    write_imported(store, study)
    write_table(store, imported_table(study))
    return study


def _choose_format(tables: Sequence[tuple[Path, pd.DataFrame]], given: str | None) -> str:
    """Return the format of the files. Raises UserError if it is not the same, or not the given one."""
    kinds = {infer_format(table): path for path, table in tables}
    if len(kinds) > 1:
        listed = ", ".join(f"{path.name} ({kind})" for kind, path in kinds.items())
        raise UserError(f"the files have several formats: {listed}; import them one at a time")
    (kind,) = kinds
    if given not in (None, LONG, kind):
        raise UserError(
            f"{option('format', given)}: {next(iter(kinds.values())).name} has the header of the format {kind}"
        )
    return given or kind


def make_runs(table: pd.DataFrame, options: ImportOptions) -> tuple[tuple[ImportedRun, ...], list[str]]:
    """Return the trainings of a table of text, and sentences on what was inferred.

    Raises:
        UserError: A column is missing or has values that cannot be used, or a training is there twice.
    """
    names = list(table[SOURCE].unique())
    place = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    text, notes = select_columns(table, options.columns, place)
    rows, sentences = _parse_columns(table, text, options)
    notes += sentences
    baseline_flops = None
    if options.baseline_flops is not None:
        given = pd.Series([options.baseline_flops])
        baseline_flops = float(to_flops("", given, options.units, [option("baseline-flops")])[0].iloc[0])
    budgets = find_budgets(rows, baseline_flops)
    rows = rows.assign(rule=budgets.rule, times_flops=budgets.requested, times_flops_got=budgets.obtained)
    rows = drop_repeated_baselines(rows.assign(source=table[SOURCE], place=places_of(table)))
    require_unique(rows)
    notes += [*budgets.inferred, *describe_unequal_epochs(rows)]
    return tuple(_make_run(row) for row in rows.to_dict("records")), notes


def _parse_columns(
    table: pd.DataFrame, text: Mapping[str, "pd.Series[str]"], options: ImportOptions
) -> tuple[pd.DataFrame, list[str]]:
    """Return the values of every field, and sentences on their units."""
    columns: dict[str, pd.Series[Any]] = {}
    errors, notes = ErrorCollector(), list[str]()
    places = places_of(table)
    for definition in FIELDS:
        if definition.name not in text:
            continue
        named = options.columns.get(definition.name, str(text[definition.name].name or ""))
        column = "" if named.startswith(CONSTANT) else named
        with errors.collect():
            if definition.kind is Kind.TEXT:
                columns[definition.name] = parse_names(definition, text[definition.name], places)
                require_distinct_names(definition, columns[definition.name], places)
                continue
            numbers = parse_numbers(definition, text[definition.name], places)
            if definition.kind is Kind.SHARE:
                unit = options.units.accuracy
                numbers, sentence = to_shares(definition, column, numbers, text[definition.name], unit, places)
                notes.append(sentence)
                if definition.name == ACCURACY and (missing := describe_missing(definition, numbers, places)):
                    notes.append(missing)
            elif definition.name == "flops":
                numbers, sentence = to_flops(column, numbers, options.units, places)
                notes.append(sentence)
            columns[definition.name] = numbers
    errors.raise_collected()
    rows = pd.DataFrame(columns, index=table.index)
    for name in ("dataset", "recipe"):
        rows[name] = rows[name].replace("", UNKNOWN) if name in rows else UNKNOWN
    rows["lr_times"] = rows["lr_times"].fillna(1.0) if "lr_times" in rows else 1.0
    if (rows["family"] == "").any():
        raise UserError(f"{places[int((rows['family'] == '').to_numpy().argmax())]}: no family")
    return rows, notes


def _make_run(row: Mapping[Any, Any]) -> ImportedRun:
    integers = {definition.name for definition in FIELDS if definition.kind is Kind.INTEGER}
    values: dict[str, Any] = {}
    for name in row.keys() - {"place"}:
        value = row[name]
        is_missing = not isinstance(value, str) and pd.isna(value)
        values[name] = None if is_missing else int(value) if name in integers else value
    try:
        return ImportedRun(**values)
    except ValueError as error:
        raise UserError(f"{row['place']}: {error}") from None


def describe_rules(study: ImportedStudy) -> list[str]:
    """Return a sentence for each family: its rules, with the number of trainings of each."""
    rules: dict[str, Counter[str]] = {}
    for run in study.runs:
        rules.setdefault(run.family, Counter())[run.rule] += 1
    sentences = []
    for family, counts in rules.items():
        listed = (f"{rule} ({pluralize(number, 'training')})" for rule, number in counts.items())
        sentences.append(f"{family}: {', '.join(listed)}.")
    return sentences


def count_results(study: ImportedStudy) -> str:
    """Return how many results there are, of how many networks, in words."""
    networks = {replace(run, seed=0, test_accuracy=None, source="").key for run in study.runs}
    without = sum(run.test_accuracy is None for run in study.runs)
    missing = f", {without} without an accuracy" if without else ""
    return f"{pluralize(len(study.runs), 'training')} of {pluralize(len(networks), 'network')}{missing}"
