"""`forget`: the files of matching points are gone from the study, and of no others."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import scaling_lab as lab
from scaling_lab.cli import main
from scaling_lab.store.leases import Leases
from scaling_lab.store.results import Store


@pytest.fixture
def folder(make_study: Callable[..., Any], tmp_path: Path) -> Path:
    """Two rules at 1x and 2x with two seeds; 1x is the same point for both. Sealed."""
    made: Path = make_study(families=["resnet_small"], rules=["depth", "width"], times=[1, 2]).written(
        tmp_path / "study"
    )
    assert main(["seal", str(made)]) == 0
    return made


def keys(folder: Path, condition: str) -> set[str]:
    return set(lab.load(folder).query(condition)["key"])


def done(folder: Path) -> set[str]:
    return keys(folder, "state == 'done'")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_points_of_a_condition_are_moved_and_can_be_moved_back(folder: Path) -> None:
    depth, before = keys(folder, "rule == 'depth' and times_flops == 2"), done(folder)
    store = Store(folder)
    store.checkpoints.mkdir()
    for key in depth:
        (store.checkpoints / f"{key}.000000010.checkpoint").touch()
        store.add_failure(key, "earlier")
        (store.points / f"{key}.json.broken.1").touch()
        (store.logs / key).mkdir(parents=True)
        (store.logs / key / "events").touch()
    assert len(depth) == 2
    assert main(["forget", str(folder), "--where", "rule == 'depth'", "--yes"]) == 0
    assert done(folder) == before - depth
    assert store.read_results().failures == {}
    assert not list(store.checkpoints.iterdir())
    assert list(pd.read_csv(folder / "table.csv")["state"]).count("missing") == 2
    [aside] = (folder / "forgotten").iterdir()
    assert len(files(aside)) == 5 * len(depth)
    for path in aside.glob("points/*.json"):
        path.rename(store.points / path.name)
    assert done(folder) == before


def test_points_that_answer_other_questions_are_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shared = keys(folder, "times_flops == 1")
    assert main(["forget", str(folder), "--where", "rule == 'depth'", "--yes"]) == 0
    assert shared <= done(folder)
    assert "2 points that also answer other questions" in capsys.readouterr().out
    key = min(shared)
    assert main(["forget", str(folder), "--key", key, "--yes"]) == 0
    assert key not in done(folder)


def test_files_are_deleted_with_the_option(folder: Path) -> None:
    seeds = keys(folder, "seed == 1")
    assert main(["forget", str(folder), "--where", "seed == 1", "--delete", "--yes"]) == 0
    assert done(folder) == keys(folder, "seed == 0")
    assert not any(key in name for name in files(folder) for key in seeds)


@pytest.mark.parametrize(("answer", "left"), [("n\n", 6), ("\n", 6), ("y\n", 0)])
def test_a_terminal_is_asked(
    folder: Path, answer: str, left: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", terminal)
    assert main(["forget", str(folder), "--where", "seed >= 0"]) == 0
    assert len(done(folder)) == left
    assert "forget  " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["--where", "rule == 'depth'"], "--yes"),
        ([], "nothing to forget is given"),
        (["--where", "rul == 'depth'", "--yes"], "did you mean rule"),
        (["--where", "__import__('os').system('true') == 0", "--yes"], "not a condition"),
        (["--key", "feed", "--yes"], "there is no point feed"),
        (["--key", "../../x", "--yes"], "there is no point ../../x"),
    ],
)
def test_mistakes_change_nothing(
    folder: Path, arguments: list[str], fragment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(folder)
    assert main(["forget", str(folder), *arguments]) == 2
    assert fragment in capsys.readouterr().err
    assert files(folder) == before


def test_a_condition_that_no_question_fulfils_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(folder)
    assert main(["forget", str(folder), "--where", "seed == 99", "--yes"]) == 0
    assert "no question" in capsys.readouterr().out
    assert files(folder) == before


def test_a_point_that_is_being_trained_is_not_forgotten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = min(done(folder))
    assert Leases(folder / "claims", 60).acquire(key)
    assert main(["forget", str(folder), "--key", key, "--yes"]) == 2
    assert f"is being trained: {key}" in capsys.readouterr().err


def test_a_table_that_stands_alone_has_nothing_to_forget(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seal", str(folder), "--remove-results"]) == 0
    assert main(["forget", str(folder), "--where", "seed == 0", "--yes"]) == 2
    assert "in its table alone" in capsys.readouterr().err


def test_from_python(folder: Path) -> None:
    expected = keys(folder, "seed == 0 and times_flops == 2")
    rows = lab.forget(folder, "seed == 0 and times_flops == 2")
    assert set(rows["key"]) == expected
    assert not expected & done(folder)
    with pytest.raises(lab.UserError, match="nothing to forget"):
        lab.forget(folder)
