"""The store of a study: plan.json, one JSON file a result written once and whole, and the table that joins them.

results/<study>/plan.json
results/<study>/points/<key>.json
results/<study>/points/<key>.failed.<n>.json
results/<study>/checkpoints/<key>.<step>.checkpoint   while a point is trained
results/<study>/table.csv
"""

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from scaling_lab.decode import decode
from scaling_lab.errors import UserError
from scaling_lab.records import Plan, Result, Run


@dataclass(frozen=True)
class Stored:
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

    def open_for_writing(self) -> None:
        """Makes the folder. Raises UserError when it cannot be written to."""
        try:
            self.points.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.points):
                pass
        except OSError as error:
            raise UserError(f"results folder {self.folder} cannot be written to: {error.strerror}") from None

    def write_plan(self, plan: Plan) -> None:
        """Takes the place of an earlier plan. Raises UserError when it cannot be written."""
        try:
            _replace(self.folder / "plan.json", asdict(plan))
        except OSError as error:
            raise UserError(f"{self.folder / 'plan.json'} cannot be written: {error.strerror}") from None

    def read_plan(self) -> Plan:
        """Raises UserError when there is no plan or it cannot be read."""
        path = self.folder / "plan.json"
        try:
            return decode(Plan, json.loads(path.read_text()))
        except FileNotFoundError:
            raise UserError(f"no plan.json in {self.folder}; run_sweep.py writes one") from None
        except (OSError, ValueError) as error:
            raise UserError(f"{path} cannot be read as a plan: {error}") from None

    def add(self, result: Result) -> None:
        """Writes a result unless a whole one of the same key is there already, which then stays."""
        path = self.points / f"{result.key}.json"
        if not _create(path, asdict(result)) and path.name in self.read().broken:
            _replace(path, asdict(result))

    def add_failure(self, key: str, reason: str) -> None:
        """Writes down why a point failed, beside earlier failures of the same point."""
        number = 1
        while not _create(self.points / f"{key}.failed.{number}.json", {"key": key, "reason": reason}):
            number += 1

    def add_run(self, run: Run) -> None:
        """Writes down that a sweep ran, and for how long."""
        with (self.folder / "runs.jsonl").open("a") as file:
            file.write(json.dumps(asdict(run)) + "\n")

    def read_runs(self) -> list[Run]:
        """The runs so far, oldest first; a line that cannot be read is left out."""
        path, runs = self.folder / "runs.jsonl", []
        for line in path.read_text().splitlines() if path.is_file() else ():
            with suppress(ValueError):
                runs.append(decode(Run, json.loads(line)))
        return runs

    def read(self) -> Stored:
        """Everything in the folder. A file cut short or of another kind is named in `broken` and loses nothing else."""
        stored, broken = Stored(), []
        for path in sorted(self.points.glob("*.json")):
            try:
                raw = json.loads(path.read_text())
                if ".failed." in path.name:
                    stored.failures[raw["key"]] = raw["reason"]
                else:
                    stored.results[path.stem] = _result(raw, path.stem)
            except (OSError, ValueError, KeyError, TypeError):
                broken.append(path.name)
        for key in stored.results:
            stored.failures.pop(key, None)
        return Stored(stored.results, stored.failures, tuple(broken))


def _result(raw: Any, key: str) -> Result:
    result = decode(Result, raw)
    if result.key != key:
        raise ValueError(f"the file is named {key} and holds {result.key}")
    return result


def _create(path: Path, content: dict[str, Any]) -> bool:
    """Writes a new file whole and at once; False when it is there already."""
    draft = _draft(path, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)
    return True


def _replace(path: Path, content: dict[str, Any]) -> None:
    os.replace(_draft(path, content), path)


def _draft(path: Path, content: dict[str, Any]) -> str:
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".draft")
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1, allow_nan=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    Path(draft).chmod(0o644)
    return draft
