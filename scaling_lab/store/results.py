"""The results folder of a study: its plan, one JSON file per result, failures and runs. No torch.

results/<study>/plan.json
results/<study>/points/<key>.json                      results, written atomically and never changed
results/<study>/points/<key>.failed.<n>.json           reason of the n-th failure of a point
results/<study>/checkpoints/<key>.<step>.checkpoint    while a point is trained
results/<study>/logs/<key>.csv, logs/<key>/            one row per epoch (`training.logs`)
results/<study>/weights/<key>.safetensors              with keep_weights=true (`training.weights`)
results/<study>/claims/<key>.<n>                       leases (`leases`), and drafts of results being written
results/<study>/table.csv, table.parquet, report.json  `table`, `snapshot`, `study.report_record`
results/<study>/runs.jsonl, jobs.jsonl                 `Store.add_run`, `submissions`
"""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from socket import gethostname
from typing import Any

from scaling_lab.atomic import append_line, create_file, replace_file
from scaling_lab.errors import UserError
from scaling_lab.store.decode import decode
from scaling_lab.store.keys import KEY_LENGTH
from scaling_lab.store.schema import Plan, Result, Run

READ_ERRORS = (OSError, ValueError, KeyError, TypeError, RecursionError)


class WriteError(UserError):
    """A results folder, or a file in it, cannot be written to."""


@dataclass(frozen=True)
class StoredResults:
    """The contents of a results folder.

    Attributes:
        results: Results by key.
        failures: Reason of the latest failure, by key, of points without a result.
        broken: Names of files that cannot be read.
    """

    results: dict[str, Result] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    broken: tuple[str, ...] = ()


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
        """Create the folder.

        Raises:
            WriteError: It cannot be written to.
        """
        try:
            self.points.mkdir(parents=True, exist_ok=True)
            self.leases.mkdir(exist_ok=True)
            with tempfile.TemporaryFile(dir=self.points):
                pass
            trial = self.leases / f".trial.{os.getpid()}.{gethostname()}"
            create_file(trial, b"", self.leases)  # needs hard links, which not every file system has
            trial.unlink()
        except OSError as error:
            raise WriteError(f"results folder {self.folder} cannot be written to: {error.strerror}") from None

    def write_plan(self, plan: Plan) -> None:
        """Write the plan, replacing an earlier one; a file with the same content is left alone.

        Raises:
            WriteError: The file cannot be written.
        """
        with _reporting_write_errors(self.folder / "plan.json") as path:
            if not path.is_file() or path.read_text(errors="replace") != to_json(plan):
                replace_file(path, to_json(plan).encode())

    def read_plan(self) -> Plan:
        """Read the plan.

        Raises:
            UserError: There is no plan, or it cannot be read.
        """
        path = self.folder / "plan.json"
        try:
            return decode(Plan, json.loads(path.read_text()))
        except FileNotFoundError:
            raise UserError(f"no plan.json in {self.folder}; running a study writes one") from None
        except READ_ERRORS as error:
            raise UserError(f"{path} cannot be read as a plan: {error}") from None

    def weights_path(self, key: str) -> Path:
        """Return the file of a point's weights, which exists only with `keep_weights`."""
        return self.weights / f"{key}.safetensors"

    def add_result(self, result: Result) -> None:
        """Write a result. A readable result of the same key is not replaced.

        Raises:
            WriteError: The file cannot be written.
        """
        with _reporting_write_errors(self.points / f"{result.key}.json") as path:
            self.leases.mkdir(parents=True, exist_ok=True)
            content = to_json(result).encode()
            if not create_file(path, content, self.leases) and self.read_result(result.key) is None:
                replace_file(path, content, self.leases)

    def read_result(self, key: str) -> Result | None:
        """Return the result of a point; None when there is none that can be read."""
        with suppress(*READ_ERRORS):
            return _result(json.loads((self.points / f"{key}.json").read_text()), key)
        return None

    def result_sizes(self) -> dict[str, int]:
        """Return the size in bytes of each result's file, by key."""
        length = KEY_LENGTH + len(".json")
        with suppress(FileNotFoundError), os.scandir(self.points) as files:
            return {file.name[:KEY_LENGTH]: file.stat().st_size for file in files if len(file.name) == length}
        return {}

    def remove_checkpoints(self, finished: Collection[str]) -> None:
        """Delete the checkpoints of these points, which have a result: a worker killed at the end leaves them."""
        for name in _file_names(self.checkpoints):
            if name.lstrip(".").partition(".")[0] in finished:
                (self.checkpoints / name).unlink(missing_ok=True)

    def remove_drafts(self, key: str) -> None:
        """Delete drafts that killed writers of this point's result have left. The caller must hold the lease."""
        for draft in self.leases.glob(f".{key}.*.draft"):  # drafts are not in points/, which may hold very many files
            draft.unlink(missing_ok=True)

    def failure_count(self, key: str) -> int:
        """Return how often a point has failed."""
        return next(number for number in count() if not self._failure(key, number + 1).exists())

    def failure_counts(self) -> Counter[str]:
        """Return how often each point has failed, by key, from one listing of the folder."""
        return Counter(name.partition(".")[0] for name in _file_names(self.points) if ".failed." in name)

    def read_failure(self, key: str, number: int) -> str | None:
        """Return the reason of a point's n-th failure; None when there is none that can be read."""
        with suppress(*READ_ERRORS):
            return str(json.loads(self._failure(key, number).read_text())["reason"])
        return None

    def add_failure(self, key: str, reason: str) -> None:
        """Write the reason of a failure, keeping earlier failures of the same point.

        Raises:
            WriteError: The file cannot be written.
        """
        number, content = 1, _json_lines({"key": key, "reason": reason}).encode()
        with _reporting_write_errors(self._failure(key, number)):
            self.leases.mkdir(parents=True, exist_ok=True)
            while not create_file(self._failure(key, number), content, self.leases):
                number += 1

    def _failure(self, key: str, number: int) -> Path:
        return self.points / f"{key}.failed.{number}.json"

    def add_run(self, run: Run) -> None:
        """Record a run of a sweep.

        Raises:
            WriteError: The file cannot be written.
        """
        with _reporting_write_errors(self.folder / "runs.jsonl") as path:
            append_line(path, json.dumps(asdict(run)))

    def read_runs(self) -> list[Run]:
        """Return the recorded runs, oldest first, without lines that cannot be read."""
        path, runs = self.folder / "runs.jsonl", []
        for line in path.read_text(errors="replace").splitlines() if path.is_file() else ():
            with suppress(ValueError):
                runs.append(decode(Run, json.loads(line)))
        return runs

    def read_results(self, skip: Collection[str] = frozenset()) -> StoredResults:
        """Read all results and failures.

        Args:
            skip: Keys of results that are not read.
        """
        stored, broken = StoredResults(), []
        for path in sorted(self.points.glob("*.json")):
            if path.stem in skip:
                continue
            try:
                raw = json.loads(path.read_text())
                if ".failed." in path.name:
                    stored.failures[raw["key"]] = raw["reason"]
                else:
                    stored.results[path.stem] = _result(raw, path.stem)
            except READ_ERRORS:
                broken.append(path.name)
        for key in stored.results:
            stored.failures.pop(key, None)
        return StoredResults(stored.results, stored.failures, tuple(broken))


def _file_names(folder: Path) -> list[str]:
    with suppress(FileNotFoundError), os.scandir(folder) as files:
        return [file.name for file in files]
    return []


def _result(raw: Any, key: str) -> Result:
    result = decode(Result, raw)
    if result.key != key:
        raise ValueError(f"file {key}.json contains the result of {result.key}")
    return result


@contextmanager
def _reporting_write_errors(path: Path) -> Iterator[Path]:
    """Context manager: turn an OSError into a WriteError that names the file."""
    try:
        yield path
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}") from None


def to_json(value: Plan | Result) -> str:
    """Return the JSON text of a plan's or a result's file."""
    content = asdict(value)
    if not content.get("earlier_commands", True):  # the text of a plan of one command is that of older versions
        del content["earlier_commands"]
    return _json_lines(content)


def _json_lines(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, allow_nan=False) + "\n"
