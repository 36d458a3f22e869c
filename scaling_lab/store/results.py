"""The results folder of a study: its plan, one JSON file per result, failures and runs. No torch.

results/<study>/plan.json
results/<study>/points/<key>.json                      results, written atomically and never changed
results/<study>/points/<key>.failed.<n>.json           reason of the n-th failure of a point
results/<study>/checkpoints/<key>.<step>.checkpoint    while a point is trained
results/<study>/logs/<key>.csv, logs/<key>/            one row per epoch (`training.logs`)
results/<study>/weights/<key>.safetensors              with keep_weights=true (`training.weights`)
results/<study>/claims/<key>.<n>                       leases (`leases`), and drafts of results being written
results/<study>/table.csv, table.parquet, report.json  `table`, `snapshot`, `study.report_record`
results/<study>/runs.jsonl, jobs.jsonl, looks.jsonl    `runs`, `submissions`, `looks`
results/<study>/imported.json                          in the place of plan and points (`imported`)
"""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import gethostname

from scaling_lab.atomic import DRAFT_SUFFIX, create_file, replace_file
from scaling_lab.errors import UserError
from scaling_lab.store.files import MAX_RECORD_BYTES, UNREADABLE, describe_error, file_names, file_stats, read_file
from scaling_lab.store.names import (
    Numbered,
    failure_name,
    parse_failure_name,
    parse_result_name,
    result_name,
)
from scaling_lab.store.plan_schema import Plan
from scaling_lab.store.reading import read_failure_file, read_plan_file, read_result_file
from scaling_lab.store.schema import Result
from scaling_lab.store.writing import encode_failure, encode_plan, encode_result, move_broken_aside

PLAN_FILE = "plan.json"
IMPORTED_FILE = "imported.json"
TABLE_FILE = "table.csv"
RECORD_FILE = "report.json"


class WriteError(UserError):
    """A results folder, or a file in it, cannot be written to."""


@dataclass(frozen=True)
class StoredResults:
    """The contents of a results folder.

    Attributes:
        results: Results by key.
        failures: Reason of the latest failure, by key, of points without a result.
        broken: Why a file cannot be read, by its name.
    """

    results: dict[str, Result] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)


class Store:
    """A results folder. Results are only ever added; files that cannot be read are listed in `StoredResults.broken`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.points = folder / "points"
        self.checkpoints = folder / "checkpoints"
        self.leases = folder / "claims"
        self.logs = folder / "logs"
        self.weights = folder / "weights"

    def open_for_writing(self) -> None:
        """Create the folder, and check that files can be written. Its time stays, which shows whether results changed.

        Raises:
            WriteError: It cannot be written to, or has imported results.
        """
        if (self.folder / IMPORTED_FILE).exists():
            raise WriteError(f"results folder {self.folder} has imported results; train under another name")
        try:
            self.points.mkdir(parents=True, exist_ok=True)
            self.leases.mkdir(exist_ok=True)
            before = self.points.stat()
            trial = self.points / f".trial.{os.getpid()}.{gethostname()}{DRAFT_SUFFIX}"
            create_file(trial, b"", self.leases)
            trial.unlink()
            os.utime(self.points, ns=(before.st_atime_ns, before.st_mtime_ns))
        except OSError as error:
            raise WriteError(f"results folder {self.folder} cannot be written to: {error.strerror}") from None

    def write_plan(self, plan: Plan) -> None:
        """Write the plan, replacing an earlier one; a file with the same content is left alone.

        Raises:
            WriteError: The file cannot be written.
        """
        content = encode_plan(plan)
        with reporting_write_errors(self.folder / PLAN_FILE) as path:
            with suppress(*UNREADABLE):
                if read_file(path, MAX_RECORD_BYTES) == content:
                    return
            replace_file(path, content)

    def read_plan(self) -> Plan:
        """Read the plan.

        Raises:
            UserError: There is no plan, or it cannot be read.
        """
        path = self.folder / PLAN_FILE
        try:
            return read_plan_file(path)
        except FileNotFoundError:
            if (self.folder / IMPORTED_FILE).exists():
                raise UserError(
                    f"the results in {self.folder} were imported: they have no {PLAN_FILE} and cannot be trained here"
                ) from None
            raise UserError(f"no {PLAN_FILE} in {self.folder}; running a study writes one") from None
        except UNREADABLE as error:
            raise UserError(f"{path} cannot be read as a plan: {describe_error(error)}") from None

    def weights_path(self, key: str) -> Path:
        """Return the file of a point's weights, which exists only with `keep_weights`."""
        return self.weights / f"{key}.safetensors"

    def add_result(self, result: Result) -> None:
        """Write a result. A readable result of the same key is not replaced, another file is moved aside.

        Raises:
            WriteError: The file cannot be written.
        """
        with reporting_write_errors(self.points / result_name(result.key)) as path:
            self.leases.mkdir(parents=True, exist_ok=True)
            content = encode_result(result)
            if not create_file(path, content, self.leases) and move_broken_aside(path, result.key):
                create_file(path, content, self.leases)

    def read_result(self, key: str) -> Result | None:
        """Return the result of a point; None when there is none that can be read."""
        with suppress(*UNREADABLE):
            return read_result_file(self.points / result_name(key), key)
        return None

    def read_results(self, skip: Collection[str] = frozenset()) -> StoredResults:
        """Read all results and failures.

        Args:
            skip: Keys of results that are not read.

        Raises:
            UserError: The folder cannot be read.
        """
        results, reasons, broken = dict[str, Result](), dict[Numbered, str](), dict[str, str]()
        for name in sorted(file_names(self.points)):
            key, failure, path = parse_result_name(name), parse_failure_name(name), self.points / name
            try:
                if key:
                    if key not in skip:
                        results[key] = read_result_file(path, key)
                elif failure:
                    reasons[failure] = read_failure_file(path, failure.key)
                elif name.endswith(".json") and not name.startswith("."):
                    raise ValueError("not a name of a result or failure")
            except FileNotFoundError:  # removed meanwhile
                continue
            except UNREADABLE as error:
                broken[name] = describe_error(error)
        failures = {failure.key: reasons[failure] for failure in sorted(reasons) if failure.key not in results}
        return StoredResults(results, failures, broken)

    def result_sizes(self) -> dict[str, int]:
        """Return the size in bytes of each result's file, by key.

        Raises:
            UserError: The folder cannot be read.
        """
        stats = file_stats(self.points).items()
        return {key: status.st_size for name, status in stats if (key := parse_result_name(name))}

    def add_failure(self, key: str, reason: str) -> None:
        """Write the reason of a failure, keeping earlier failures of the same point.

        Raises:
            WriteError: The file cannot be written.
        """
        number, content = self.failure_count(key) + 1, encode_failure(key, reason)
        with reporting_write_errors(self.points / failure_name(key, number)):
            self.leases.mkdir(parents=True, exist_ok=True)
            while not create_file(self.points / failure_name(key, number), content, self.leases):
                number += 1

    def read_failure(self, key: str, number: int) -> str | None:
        """Return the reason of a point's n-th failure; None when there is none that can be read."""
        with suppress(*UNREADABLE):
            return read_failure_file(self.points / failure_name(key, number), key)
        return None

    def failure_count(self, key: str) -> int:
        """Return the number of a point's latest failure; 0 without one."""
        return self.failure_counts().get(key, 0)

    def failure_counts(self) -> dict[str, int]:
        """Return the number of the latest failure of each point that has failed, by key.

        Raises:
            UserError: The folder cannot be read.
        """
        return dict(sorted(failure for name in file_names(self.points) if (failure := parse_failure_name(name))))


@contextmanager
def reporting_write_errors(path: Path) -> Iterator[Path]:
    """Context manager: turn an OSError into a WriteError that names the file."""
    try:
        yield path
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}") from None
