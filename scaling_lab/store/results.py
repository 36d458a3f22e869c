"""The store of a study: plan.json, one JSON file a result written once and whole, and the table that joins them.

results/<study>/plan.json
results/<study>/points/<key>.json
results/<study>/points/<key>.failed.<n>.json
results/<study>/checkpoints/<key>.<step>.checkpoint   while a point is trained
results/<study>/claims/<key>.<n>                      while a point is trained; drafts of its result beside it
results/<study>/table.csv, table.parquet               `table`, `sealed`
results/<study>/runs.jsonl, jobs.jsonl                 `Store.add_run`, `handed`
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
from scaling_lab.store.schema import KEY_LENGTH, Plan, Result, Run

READ_ERRORS = (OSError, ValueError, KeyError, TypeError, RecursionError)


class WriteError(UserError):
    """A results folder, or a file in it, that cannot be written to."""


@dataclass(frozen=True)
class StoredResults:
    """What a folder holds: results by key, reasons of failures by key, and the names of files that cannot be read."""

    results: dict[str, Result] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    broken: tuple[str, ...] = ()


class Store:
    """Results in a folder. They are only ever added; a file that is there is whole, or named in `Stored.broken`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.points = folder / "points"
        self.checkpoints = folder / "checkpoints"
        self.leases = folder / "claims"

    def open_for_writing(self) -> None:
        """Makes the folder. Raises UserError when it cannot be written to."""
        try:
            self.points.mkdir(parents=True, exist_ok=True)
            self.leases.mkdir(exist_ok=True)
            with tempfile.TemporaryFile(dir=self.points):
                pass
            trial = self.leases / f".trial.{os.getpid()}.{gethostname()}"
            create_file(trial, b"", self.leases)  # which not every file system can
            trial.unlink()
        except OSError as error:
            raise WriteError(f"results folder {self.folder} cannot be written to: {error.strerror}") from None

    def write_plan(self, plan: Plan) -> None:
        """Takes the place of an earlier plan; the same is left as it is. Raises WriteError."""
        with _written(self.folder / "plan.json") as path:
            if not path.is_file() or path.read_text(errors="replace") != to_json(plan):
                replace_file(path, to_json(plan).encode())

    def read_plan(self) -> Plan:
        """Raises UserError when there is no plan or it cannot be read."""
        path = self.folder / "plan.json"
        try:
            return decode(Plan, json.loads(path.read_text()))
        except FileNotFoundError:
            raise UserError(f"no plan.json in {self.folder}; run_sweep.py writes one") from None
        except READ_ERRORS as error:
            raise UserError(f"{path} cannot be read as a plan: {error}") from None

    def add_result(self, result: Result) -> None:
        """Writes a result unless a whole one of the same key is there already, which then stays. Raises WriteError."""
        with _written(self.points / f"{result.key}.json") as path:
            self.leases.mkdir(parents=True, exist_ok=True)
            content = to_json(result).encode()
            if not create_file(path, content, self.leases) and self.read_result(result.key) is None:
                replace_file(path, content, self.leases)

    def read_result(self, key: str) -> Result | None:
        """The result of a point; None where there is none that can be read."""
        with suppress(*READ_ERRORS):
            return _result(json.loads((self.points / f"{key}.json").read_text()), key)
        return None

    def result_sizes(self) -> dict[str, int]:
        """Bytes of the file of each result, by key."""
        with suppress(FileNotFoundError), os.scandir(self.points) as found:
            return {one.name[:KEY_LENGTH]: one.stat().st_size for one in found if len(one.name) == KEY_LENGTH + 5}
        return {}

    def remove_checkpoints(self, finished: Collection[str]) -> None:
        """Removes checkpoints of points that have a result, which a worker leaves that is killed at its very end."""
        for name in _names(self.checkpoints):
            if name.lstrip(".").partition(".")[0] in finished:
                (self.checkpoints / name).unlink(missing_ok=True)

    def remove_drafts(self, key: str) -> None:
        """Removes what killed writers of this point's result have left unfinished; for who holds the point's claim."""
        for draft in self.leases.glob(f".{key}.*.draft"):  # not points/, which may hold very many
            draft.unlink(missing_ok=True)

    def failure_count(self, key: str) -> int:
        """How often a point has failed."""
        return next(number for number in count() if not self._failure(key, number + 1).exists())

    def failure_counts(self) -> Counter[str]:
        """How often each point has failed, by one look at the folder."""
        return Counter(name.partition(".")[0] for name in _names(self.points) if ".failed." in name)

    def read_failure(self, key: str, number: int) -> str | None:
        """Why a point failed the n-th time; None when it has not."""
        with suppress(*READ_ERRORS):
            return str(json.loads(self._failure(key, number).read_text())["reason"])
        return None

    def add_failure(self, key: str, reason: str) -> None:
        """Writes down why a point failed, beside earlier failures of the same point. Raises WriteError."""
        number, content = 1, _lines({"key": key, "reason": reason}).encode()
        with _written(self._failure(key, number)):
            self.leases.mkdir(parents=True, exist_ok=True)
            while not create_file(self._failure(key, number), content, self.leases):
                number += 1

    def _failure(self, key: str, number: int) -> Path:
        return self.points / f"{key}.failed.{number}.json"

    def add_run(self, run: Run) -> None:
        """Writes down that a sweep ran, and for how long. Raises WriteError."""
        with _written(self.folder / "runs.jsonl") as path:
            append_line(path, json.dumps(asdict(run)))

    def read_runs(self) -> list[Run]:
        """The runs so far, oldest first; a line that cannot be read is left out."""
        path, runs = self.folder / "runs.jsonl", []
        for line in path.read_text(errors="replace").splitlines() if path.is_file() else ():
            with suppress(ValueError):
                runs.append(decode(Run, json.loads(line)))
        return runs

    def read_results(self, skip: Collection[str] = frozenset()) -> StoredResults:
        """Everything in the folder, but the results of these keys. A file cut short or of another kind is named in
        `broken` and loses nothing else."""
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


def _names(folder: Path) -> list[str]:
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        return [one.name for one in found]
    return []


def _result(raw: Any, key: str) -> Result:
    result = decode(Result, raw)
    if result.key != key:
        raise ValueError(f"the file is named {key} and holds {result.key}")
    return result


@contextmanager
def _written(path: Path) -> Iterator[Path]:
    """Within, the file is written. Raises WriteError, naming it, where that cannot be done."""
    try:
        yield path
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}") from None


def to_json(value: Plan | Result) -> str:
    """What the file of a plan or a result holds."""
    return _lines(asdict(value))


def _lines(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, allow_nan=False) + "\n"
