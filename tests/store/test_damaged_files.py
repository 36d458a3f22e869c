"""Whatever lies in a results folder: what can be read is read, everything else is named with a reason."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scaling_lab.errors import UserError
from scaling_lab.formatting import make_printable
from scaling_lab.store.files import parse_json
from scaling_lab.store.integrity import CHECKSUM
from scaling_lab.store.leases import Leases
from scaling_lab.store.looks import read_looks
from scaling_lab.store.names import parse_failure_name, parse_lease_name
from scaling_lab.store.results import Store
from scaling_lab.store.runs import read_runs
from scaling_lab.store.submissions import last_jobs, read_submissions
from scaling_lab.study.display.status_lines import print_status

DEEP, LARGE = "[" * 200_000, "9" * 400
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([10**400, 10**30, -5, 1e300, "\ud800", "\x1b[2J", "../../x"]),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=4), parts, max_size=4),
    max_leaves=12,
)
FILES = (
    "plan.json",
    "runs.jsonl",
    "jobs.jsonl",
    "looks.jsonl",
    "points/KEY.json",
    "points/KEY.failed.1.json",
    "claims/KEY.1",
)


def path_of(folder: Path, study: Any, name: str) -> Path:
    first, second = study.results
    return folder / name.replace("KEY", first if name == "points/KEY.json" else second)


def change_fields(path: Path, **fields: Any) -> None:
    """Change a result, and leave out its checksum."""
    content = json.loads(path.read_text()) | fields
    path.write_text(json.dumps({name: value for name, value in content.items() if name != CHECKSUM}))


def read_all(folder: Path) -> None:
    """Read every file as the commands do; only a plan that cannot be read is an error."""
    store = Store(folder)
    read_runs(store)
    last_jobs(store)
    read_looks(store)
    try:
        print_status(store, store.read_plan(), 60)
    except UserError as error:
        assert "plan.json" in str(error)  # noqa: PT017


@pytest.mark.parametrize("name", FILES)
@given(content=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_content_is_read_or_left_out(folder: Path, study: Any, name: str, content: bytes) -> None:
    path_of(folder, study, name).write_bytes(content)
    read_all(folder)


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_changed_value_is_read_or_left_out(folder: Path, study: Any, name: str, data: st.DataObject) -> None:
    path = path_of(folder, study, name)
    before = path.read_bytes()
    try:
        value = json.loads(before)
        part = value
        while True:  # to a random depth
            keys = list(part) if isinstance(part, dict) else range(len(part))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(part[key], dict | list) or not part[key] or data.draw(st.booleans()):
                break
            part = part[key]
        part[key] = data.draw(JSON)
        path.write_text(json.dumps(value))
        read_all(folder)
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
@pytest.mark.parametrize("name", FILES)
def test_only_regular_files_are_read(
    folder: Path, study: Any, name: str, make: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    path = path_of(folder, study, name)
    path.unlink()
    make(path)
    read_all(folder)
    if name.endswith("jsonl"):
        assert f"{path} cannot be read (" in caplog.text
    if name == "points/KEY.json":
        assert set(Store(folder).read_results().broken) == {path.name}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"train_seconds": -5}, "train_seconds is -5"),
        ({"provenance": {"code": ["a"]}}, "provenance code"),
        ({"test_pictures": 0}, "test_pictures is 0"),
        ({"test_accuracy": 10**400}, "integer of 401 digits"),
        ({"test_accuracy": float("inf")}, "Infinity is not a finite number"),
    ],
)
def test_a_result_is_left_out_with_the_reason(folder: Path, study: Any, change: dict[str, Any], reason: str) -> None:
    path = path_of(folder, study, "points/KEY.json")
    change_fields(path, **change)
    stored = Store(folder).read_results()
    assert stored.results == {}
    assert reason in stored.broken[path.name]


@pytest.mark.parametrize("file", ["runs.jsonl", "jobs.jsonl"])
def test_lines_are_left_out_with_the_reason(folder: Path, file: str, caplog: pytest.LogCaptureFixture) -> None:
    path = folder / file
    text = path.read_text()
    path.write_text(text + DEEP + "\n" + '{"points": ' + LARGE + "}\n\xff\n" + text)
    assert len(read_runs(Store(folder)) if file == "runs.jsonl" else read_submissions(Store(folder))) == 2
    assert f"{path} cannot be read (line 2: nested too deeply, and 2 more lines); left out" in caplog.text


def test_a_value_of_open_type_is_bounded_in_depth(folder: Path, study: Any) -> None:
    path = path_of(folder, study, "points/KEY.json")
    deep: Any = 1
    for _ in range(50):
        deep = [deep]
    change_fields(path, point={"x": deep})
    assert "nested" in Store(folder).read_results().broken[path.name]


@pytest.mark.parametrize(
    "name", ["KEY.²", "KEY.99999999", "KEY.0", "KEY.01", "KEY.-1", "KEY.1 ", "../KEY.1", "KEY.1e3"]
)
def test_other_names_are_not_leases(folder: Path, study: Any, name: str, caplog: pytest.LogCaptureFixture) -> None:
    key = next(iter(study.results))
    name = name.replace("KEY", key)
    assert parse_lease_name(name) is None
    if "/" not in name:
        (folder / "claims" / name).write_text("")
        lease = Leases(folder / "claims", 60).acquire(key)
        assert lease
        assert lease.number == 1
        assert f"{name} cannot be read (not a name of a lease); left out" in caplog.text


@pytest.mark.parametrize(
    "change", [{"lease": 1e300}, {"lease": -1}, {"holder": {"pid": 10**12}}, {"holder": {"pid": 10**30}}]
)
def test_a_forged_lease_ends_like_any_other(folder: Path, study: Any, change: dict[str, Any]) -> None:
    path = path_of(folder, study, "claims/KEY.1")
    content = json.loads(path.read_text())
    holder = content["holder"] | {"host": "far"} | change.get("holder", {})
    path.write_text(json.dumps(content | change | {"holder": holder}))
    os.utime(path, (1e9, 1e9))
    leases = Leases(folder / "claims", 60)
    assert not leases.states()[path.stem].is_alive
    assert leases.acquire(path.stem)


def test_a_lease_with_a_heartbeat_in_the_future_ends(folder: Path, study: Any) -> None:
    path = path_of(folder, study, "claims/KEY.1")
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"holder": content["holder"] | {"host": "far"}}))
    leases = Leases(folder / "claims", 60)
    assert leases.states()[path.stem].is_alive
    then = path.stat().st_mtime + 1e6
    os.utime(path, (then, then))
    assert not leases.states()[path.stem].is_alive


def test_the_highest_number_of_a_lease_is_an_error_and_no_hang(folder: Path, study: Any) -> None:
    first, _ = study.results
    (folder / f"claims/{first}.999999").write_text("")
    os.utime(folder / f"claims/{first}.999999", (1e9, 1e9))
    with pytest.raises(OSError, match=r"999999 has the highest number; delete it"):
        Leases(folder / "claims", 60).acquire(first)


def test_a_gap_in_the_numbers_of_failures_is_no_reason_to_stop(folder: Path, study: Any) -> None:
    """A worker looks for a failure with a higher number than those known before; it must not find an old one."""
    store, (_, key) = Store(folder), study.results
    (store.points / f"{key}.failed.1.json").rename(store.points / f"{key}.failed.7.json")
    assert store.failure_counts() == {key: 7}
    assert store.read_failure(key, store.failure_count(key) + 1) is None
    store.add_failure(key, "again")
    assert store.read_failure(key, 8) == "again"
    assert store.read_results().failures == {key: "again"}


def test_the_latest_failure_is_that_of_the_highest_number(folder: Path, study: Any) -> None:
    store, (_, key) = Store(folder), study.results
    for number in range(2, 12):
        store.add_failure(key, f"failure {number}")
    assert store.read_results().failures == {key: "failure 11"}
    assert parse_failure_name(f"{key}.failed.².json") is None


def test_text_is_shown_without_control_characters() -> None:
    assert make_printable("a\x1b[2J\ud800é") == "a\\x1b[2J\\ud800é"


@pytest.mark.parametrize(
    "text", ["NaN", "-Infinity", "1e999", LARGE, "9223372036854775808", DEEP, '{"a": ' * 5000, r'"\ud800"']
)
def test_unbounded_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text.encode())


def test_a_plan_that_is_not_utf8_is_refused_before_anything_is_written(tmp_path: Path, study: Any) -> None:
    plan = replace(study.plan, asked=("dataset.path=/data/\udcff",))
    with pytest.raises(UserError, match=r"\\udcff' is not UTF-8"):
        Store(tmp_path).write_plan(plan)
    assert not list(tmp_path.iterdir())


def test_written_values_are_read_equal(study: Any) -> None:
    result = next(iter(study.results.values()))
    assert parse_json(json.dumps(asdict(result)).encode())["train_seconds"] == result.train_seconds
    assert parse_json(b"[9223372036854775807, -1, 1e-3, 0.1]") == [2**63 - 1, -1, 0.001, 0.1]
