"""Merge results folders of machines that share none: `scaling-lab merge`. The sources are not changed. No torch."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from scaling_lab.analysis.several_folders import label_folders
from scaling_lab.atomic import append_line
from scaling_lab.errors import UserError, UserErrors
from scaling_lab.formatting import pluralize
from scaling_lab.store.imported import ImportedStudy, read_imported, write_imported
from scaling_lab.store.imported_table import imported_table
from scaling_lab.store.leases import Leases
from scaling_lab.store.looks import LOOKS_FILE, RecordedLook
from scaling_lab.store.results import Store, StoredResults, WriteError
from scaling_lab.store.runs import read_runs, record_run
from scaling_lab.store.schema import Result
from scaling_lab.store.snapshot import keys_in_table_alone
from scaling_lab.store.studies import open_store
from scaling_lab.store.table import results_table, write_table
from scaling_lab.study.merge_files import MERGED_FOLDER, copy_points, copy_rest
from scaling_lab.study.merge_imported import merge_imported
from scaling_lab.study.merge_plans import merge_looks, merge_plans
from scaling_lab.study.option_names import FIRST, LAST, REFUSE, option

MEASURED = ("test_correct", "held_out_accuracy", "train_loss", "flops")
"""What two trainings of one point have in common if they are bit-equal."""
LEASE_SECONDS = 60


@dataclass(frozen=True)
class Merge:
    """What a merge did.

    Attributes:
        folder: The merged folder.
        questions: Number of questions of the merged plan.
        results: Number of results by the name of their folder; of equal ones, the first folder's count.
        notes: Sentences on what the folders do not agree on.
    """

    folder: Path
    questions: int
    results: Mapping[str, int]
    notes: tuple[str, ...]


def merge_folders(paths: Sequence[Path], into: Path, on_conflict: str = REFUSE) -> Merge:
    """Copy the points of several results folders into a new one, with one plan.

    Args:
        paths: The folders, two or more.
        into: The new folder.
        on_conflict: Which result counts where two folders have different ones of a point: `first`, `last`, or none.

    Raises:
        UserError: A folder cannot be read or merged, or the new folder exists.
        UserErrors: The folders have different points for one question, or different results of one point.
        WriteError: The new folder cannot be written.
    """
    if len(paths) < 2:
        raise UserError("merge takes two results folders or more")
    if into.exists():
        raise UserError(f"{into} exists; merge into a new folder")
    if inside := [path for path in paths if path.resolve() in into.resolve().parents]:
        raise UserError(f"{into} is inside {inside[0]}, which a merge does not change; merge into a folder next to it")
    sources = {name: open_store(path) for name, path in label_folders(paths).items()}
    imported = {name: study for name, store in sources.items() if (study := read_imported(store))}
    if imported:
        return _merge_imported(sources, imported, into, on_conflict)
    for name, store in sources.items():
        _require_mergeable(name, store)
    plan, notes = merge_plans(into.absolute().name, {name: store.read_plan() for name, store in sources.items()})
    stored = {name: store.read_results() for name, store in sources.items()}
    owners, twice = _choose_results(stored, on_conflict)
    for name, contents in stored.items():
        notes += [f"{name}: {file} cannot be read ({reason})." for file, reason in contents.broken.items()]
    with _drafting(into) as target:
        target.open_for_writing()
        aside = copy_points(sources, target, owners)
        copy_rest(sources, target)
        finished = [contents.results.keys() for contents in stored.values()]
        planned = {entry.key for entry in plan.entries}
        _write_looks(target, merge_looks(list(sources.values()), finished, planned))
        for run in sorted((run for store in sources.values() for run in read_runs(store)), key=lambda run: run.started):
            record_run(target, run)
        target.write_plan(plan)
        write_table(target, results_table(plan, target.read_results()))
    if twice:
        notes.append(f"{pluralize(twice, 'point')} trained in more than one folder with equal numbers: counted once.")
    if aside:
        notes.append(f"{pluralize(aside, 'file')} of the same name with other content: kept in {MERGED_FOLDER}/.")
    counts = {name: sum(owner == name for owner in owners.values()) for name in sources}
    return Merge(into, len(plan.entries), counts, tuple(notes))


def _require_mergeable(name: str, store: Store) -> None:
    """Raise UserError if points are being trained, or if results are in the table alone."""
    alive = [lease for lease in Leases(store.leases, LEASE_SECONDS).states().values() if lease.is_alive]
    if alive:
        raise UserError(
            f"{name}: {pluralize(len(alive), 'point')} being trained ({alive[0].key}); stop the sweep first"
        )
    if keys_in_table_alone(store, store.read_plan()):
        raise UserError(f"{name} is sealed without its result files, which a merge needs; compare the folders instead")


def _choose_results(stored: Mapping[str, StoredResults], on_conflict: str) -> tuple[dict[str, str], int]:
    """Return the folder whose result of each point counts, and how many points several folders have with equal numbers.

    Raises:
        UserErrors: Two results of a point differ, and none is preferred.
    """
    owners, messages, twice = dict[str, str](), list[str](), set[str]()
    for name, contents in stored.items():
        for key, result in contents.results.items():
            owner = owners.setdefault(key, name)
            if owner == name:
                continue
            other = stored[owner].results[key]
            if _numbers(other) == _numbers(result):
                twice.add(key)
            elif on_conflict == LAST:
                owners[key] = name
            elif on_conflict == REFUSE:
                messages.append(
                    f"{key} has test accuracy {other.test_accuracy:.4f} in {owner} and {result.test_accuracy:.4f} in "
                    f"{name}; {option('on-conflict', FIRST)} or {option('on-conflict', LAST)} says which counts, and "
                    f"keeps the other in {MERGED_FOLDER}/"
                )
    if messages:
        raise UserErrors(messages)
    return owners, len(twice)


def _numbers(result: Result) -> list[object]:
    return [getattr(result, name) for name in MEASURED]


def _merge_imported(
    sources: Mapping[str, Store], imported: Mapping[str, ImportedStudy], into: Path, on_conflict: str
) -> Merge:
    """Write the imported results of all folders as one import, with the looks at them."""
    if lacking := sources.keys() - imported.keys():
        raise UserError(
            f"{', '.join(sorted(imported))} has imported results and {', '.join(sorted(lacking))} has trained ones; "
            "compare the folders without merging them"
        )
    study, counts, notes = merge_imported(into.absolute().name, imported, on_conflict)
    finished = [[run.key for run in part.runs if run.test_accuracy is not None] for part in imported.values()]
    planned = [run.key for run in study.runs]
    with _drafting(into) as target:
        copy_rest(sources, target)
        _write_looks(target, merge_looks(list(sources.values()), finished, planned))
        write_imported(target, study)
        write_table(target, imported_table(study))
    return Merge(into, len(study.runs), counts, tuple(notes))


@contextmanager
def _drafting(into: Path) -> Iterator[Store]:
    """Yield a folder that becomes `into` if all goes well, and is removed otherwise. Raises WriteError."""
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=into.parent, prefix=f".{into.name}."))
        try:
            yield Store(draft)
            draft.chmod(0o755)
            draft.rename(into)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise WriteError(f"{into} cannot be written: {error.strerror}") from None


def _write_looks(target: Store, looks: Sequence[RecordedLook]) -> None:
    for look in looks:
        append_line(target.folder / LOOKS_FILE, json.dumps(asdict(look)))
