"""Results that were trained elsewhere and imported: one file of a results folder, in the place of a plan. No torch.

results/<study>/imported.json   sources, what was inferred from them, and one record per training
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from scaling_lab.atomic import replace_file
from scaling_lab.errors import UserError
from scaling_lab.formatting import pluralize
from scaling_lab.store.decode import decode
from scaling_lab.store.files import MAX_RECORD_BYTES, UNREADABLE, describe_error, parse_json, read_file
from scaling_lab.store.integrity import with_checksum, without_checksum
from scaling_lab.store.keys import form_key
from scaling_lab.store.ranges import MAX_COUNT, MAX_SECONDS, require_positive, require_range
from scaling_lab.store.results import IMPORTED_FILE, PLAN_FILE, Store, reporting_write_errors

BASELINE = "baseline"
"""Rule of the unscaled network, which counts for every rule of its setting."""
UNKNOWN = "unknown"
"""Name of a data set or recipe that the source does not give."""
KEY_PREFIX = "imported"
_IDENTITY = ("family", "rule", "dataset", "recipe", "lr_times", "flops", "seed", "test_accuracy")


@dataclass(frozen=True)
class ImportedRun:
    """One training elsewhere. What its source does not say is None.

    Attributes:
        rule: Scaling rule; `BASELINE` for the unscaled network.
        times_flops: Budget in times the baseline's FLOPs.
        times_flops_got: Measured FLOPs over the baseline's.
        flops: Multiply-adds of one forward pass on one image.
        test_accuracy: Share of the test images classified correctly, 0 to 1; None for a training without a result.
        d: Multiplier of depth. Likewise `w` (width) and `r` (resolution).
        source: Name of the file that it comes from.
    """

    family: str
    rule: str
    dataset: str
    recipe: str
    seed: int
    times_flops: float
    times_flops_got: float
    flops: int
    test_accuracy: float | None
    source: str
    lr_times: float = 1.0
    params: int | None = None
    activations: int | None = None
    side: int | None = None
    d: float | None = None
    w: float | None = None
    r: float | None = None
    epochs: int | None = None
    held_out_accuracy: float | None = None
    test_loss: float | None = None
    test_top5: float | None = None
    test_pictures: int | None = None
    train_seconds: float | None = None
    latency_seconds: float | None = None

    def __post_init__(self) -> None:
        require_range(self, 0, 1, "test_accuracy", "held_out_accuracy", "test_top5")
        require_range(self, 0, MAX_COUNT, "test_pictures", "epochs")
        require_range(self, 0, MAX_SECONDS, "train_seconds", "latency_seconds", "test_loss")
        require_positive(self, "times_flops", "times_flops_got", "flops", "lr_times")
        require_positive(self, "params", "activations", "side", "d", "w", "r", "test_pictures", "epochs")
        require_positive(self, "train_seconds", "latency_seconds")

    @cached_property
    def key(self) -> str:
        """Key that no trained point has: it begins with `KEY_PREFIX` and depends on the accuracy too."""
        return KEY_PREFIX + form_key({"is": "ImportedRun"} | {name: getattr(self, name) for name in _IDENTITY})


@dataclass(frozen=True)
class Source:
    """A file that was imported.

    Attributes:
        name: Its name, without folders of a machine.
        sha256: Digest of its bytes.
    """

    name: str
    sha256: str


@dataclass(frozen=True)
class ImportedStudy:
    """The results of an import.

    Attributes:
        study: Name of the study.
        format: Format of the sources.
        sources: The files.
        inferred: Sentences on what was inferred: columns, units, baselines, budgets.
        runs: The trainings, in the order of the sources; a baseline once.
    """

    study: str
    format: str
    sources: tuple[Source, ...]
    inferred: tuple[str, ...]
    runs: tuple[ImportedRun, ...]


def read_imported(store: Store) -> ImportedStudy | None:
    """Return the imported results of a folder; None if it has none.

    Raises:
        UserError: The file cannot be read, or was changed since it was written.
    """
    path = store.folder / IMPORTED_FILE
    try:
        return decode(ImportedStudy, without_checksum(_require_object(parse_json(read_file(path, MAX_RECORD_BYTES)))))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UNREADABLE as error:
        raise UserError(f"{path} cannot be read as imported results: {describe_error(error)}") from None


def write_imported(store: Store, study: ImportedStudy) -> None:
    """Write imported results. Those of an earlier import must be among them: results are only ever added.

    Raises:
        UserError: The folder has results of a sweep, or results of an import that the new ones lack.
        WriteError: The file cannot be written.
    """
    folder = store.folder
    if (folder / PLAN_FILE).exists():
        raise UserError(f"{folder} has the plan and results of a sweep; import into a folder of its own")
    if earlier := read_imported(store):
        lost = {run.key for run in earlier.runs} - {run.key for run in study.runs}
        if lost:
            raise UserError(
                f"{folder} has {pluralize(len(lost), 'imported result')} that the new import lacks; import into "
                "another folder, or name all sources in one command"
            )
    with reporting_write_errors(folder / IMPORTED_FILE) as path:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(path, encode_imported(study))


def encode_imported(study: ImportedStudy) -> bytes:
    """Return the content of the file, with its checksum; fields that are None are left out."""
    content = asdict(study)
    content["runs"] = [{name: value for name, value in run.items() if value is not None} for run in content["runs"]]
    for run in content["runs"]:
        run.setdefault("test_accuracy", None)
    return (json.dumps(with_checksum(content), indent=1, allow_nan=False) + "\n").encode()


def is_imported(folder: Path) -> bool:
    """Return whether a folder has imported results."""
    with suppress(OSError):
        return (folder / IMPORTED_FILE).is_file()
    return False


def _require_object(content: object) -> dict[str, object]:
    if not isinstance(content, dict):
        raise ValueError(f"a {type(content).__name__} instead of an object")
    return content
