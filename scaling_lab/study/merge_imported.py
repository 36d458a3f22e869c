"""Merge results that were imported into several folders; a training counts once. No torch."""

from collections.abc import Mapping
from math import isclose

from scaling_lab.errors import ErrorCollector, UserErrors
from scaling_lab.formatting import pluralize
from scaling_lab.store.imported import BASELINE, UNKNOWN, ImportedRun, ImportedStudy
from scaling_lab.study.imports.budgets import SAME_FLOPS
from scaling_lab.study.imports.checks import NETWORK, require_distinct_names
from scaling_lab.study.imports.fields import FIELDS, Kind
from scaling_lab.study.option_names import FIRST, LAST, REFUSE, option


def merge_imported(
    study: str, imported: Mapping[str, ImportedStudy], on_conflict: str = REFUSE
) -> tuple[ImportedStudy, dict[str, int], list[str]]:
    """Return the imported results of several folders as one import.

    Args:
        study: Name of the merged study.
        imported: The imports by the name of their folder.
        on_conflict: Which accuracy counts where two folders have different ones of a training: `first`, `last`, none.

    Returns:
        The import, the number of its results by the name of their folder, and notes on what the folders have in common.

    Raises:
        UserErrors: Two folders have different accuracies of one training, different networks under one name, or
            names that differ only in case or spaces.
    """
    _require_same_spellings(imported)
    _require_same_networks(imported)
    owners, notes = _choose_runs(imported, on_conflict)
    files = tuple(dict.fromkeys(source for part in imported.values() for source in part.sources))
    inferred = tuple(dict.fromkeys(sentence for part in imported.values() for sentence in part.inferred))
    formats = " and ".join(dict.fromkeys(part.format for part in imported.values()))
    runs = tuple(run for _, run in owners.values())
    for name, what in (("dataset", "data set"), ("recipe", "recipe")):
        if any(getattr(run, name) == UNKNOWN for run in runs):
            notes.append(f"The {what} of imported results is not given: taken to be the same in all folders.")
    counts = {name: sum(owner == name for owner, _ in owners.values()) for name in imported}
    return ImportedStudy(study, formats, files, inferred, runs), counts, notes


def _choose_runs(
    imported: Mapping[str, ImportedStudy], on_conflict: str
) -> tuple[dict[tuple[object, ...], tuple[str, ImportedRun]], list[str]]:
    """Return each training with the folder that it is taken from, and notes on trainings that several folders have."""
    owners: dict[tuple[object, ...], tuple[str, ImportedRun]] = {}
    messages, twice, different = [], 0, 0
    for name, study in imported.items():
        for run in study.runs:
            owner, known = owners.setdefault(_training(run), (name, run))
            if known is run:
                continue
            twice += 1
            if run.test_accuracy is None or _are_equal(run.test_accuracy, known.test_accuracy):
                continue
            different += known.test_accuracy is not None
            if known.test_accuracy is None or on_conflict == LAST:
                owners[_training(run)] = name, run
            elif on_conflict == REFUSE:
                messages.append(
                    f"{_describe(run)}, seed {run.seed} has test accuracy {known.test_accuracy:.8g} in {owner} and "
                    f"{run.test_accuracy:.8g} in {name}; {option('on-conflict', FIRST)} or "
                    f"{option('on-conflict', LAST)} says which counts"
                )
    if messages:
        raise UserErrors(messages)
    notes = [f"{pluralize(twice, 'training')} in more than one folder: counted once."] if twice else []
    if different:
        notes.append(f"{different} of these had different accuracies: that of the {on_conflict} folder counts.")
    return owners, notes


def _are_equal(accuracy: float, other: float | None) -> bool:
    """Return whether two accuracies are equal, but for the rounding of percent to fractions."""
    return other is not None and isclose(accuracy, other, rel_tol=0, abs_tol=1e-9)


def _training(run: ImportedRun) -> tuple[object, ...]:
    """Return what identifies a training, without its measurements."""
    return tuple(getattr(run, name) for name in (*NETWORK, "seed"))


def _require_same_spellings(imported: Mapping[str, ImportedStudy]) -> None:
    """Check that names are written in one way in all folders."""
    owned = [(name, run) for name, study in imported.items() for run in study.runs]
    places, errors = [name for name, _ in owned], ErrorCollector()
    for field in FIELDS:
        if field.kind is Kind.TEXT:
            with errors.collect():
                require_distinct_names(field, [getattr(run, field.name) for _, run in owned], places)
    errors.raise_collected()


def _require_same_networks(imported: Mapping[str, ImportedStudy]) -> None:
    """Check that a rule has one network at a budget, and a setting one baseline, in all folders."""
    known: dict[str, tuple[str, float]] = {}
    messages = dict[str, None]()
    for name, study in imported.items():
        for run in study.runs:
            setting = f"data set {run.dataset}, recipe {run.recipe}, learning rate times {run.lr_times:g}"
            compared = {f"the baseline of {run.family} ({setting})": run.flops / run.times_flops_got}
            if run.rule != BASELINE:
                compared[f"{_describe(run)} ({setting})"] = float(run.flops)
            for what, flops in compared.items():
                owner, other = known.setdefault(what, (name, flops))
                if abs(flops / other - 1) > SAME_FLOPS:
                    messages[
                        f"{what} has {other:,.0f} multiply-adds in {owner} and {flops:,.0f} in {name}; compare the "
                        "folders without merging them"
                    ] = None
    if messages:
        raise UserErrors(list(messages))


def _describe(run: ImportedRun) -> str:
    return f"{run.family}, {run.rule} at {run.times_flops:g} times"
