"""A finished study in one file says what its files say, for as long as its plan is the same."""

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.config.registry import CONF
from scaling_lab.report import write_report
from scaling_lab.store.results import Store
from scaling_lab.store.snapshot import NAME, seal, sealed, sealed_keys, unseal
from scaling_lab.store.table import table

COMMITTED = [CONF.parent / "results" / f"{name}-reference" for name in ("quick", "cifar", "rules")]


@pytest.fixture
def study(make_study: Callable[..., Any]) -> Any:
    return make_study(families=["resnet_small"], seeds=[0, 1])


@pytest.fixture
def store(study: Any, tmp_path: Path) -> Store:
    """A study with a seal."""
    made = Store(study.written(tmp_path / "study"))
    assert seal(made, study.plan, table(study.plan, made.read())) == made.folder / NAME
    return made


@pytest.mark.parametrize("folder", COMMITTED, ids=lambda folder: folder.name)
def test_the_rows_come_back_as_they_were(folder: Path, tmp_path: Path) -> None:
    """Of real studies, to the type of every column."""
    store = Store(Path(shutil.copytree(folder, tmp_path / "study")))
    plan = store.read_plan()
    rows = table(plan, store.read())
    seal(store, plan, rows)
    whole = sealed(store)
    assert whole
    pd.testing.assert_frame_equal(whole.rows, rows, check_exact=True)
    assert (whole.study, whole.asked) == (plan.study, plan.asked)
    assert sealed_keys(store, plan) == set(rows["key"])


def test_a_seal_is_read_in_place_of_results_and_makes_the_same_page(store: Store, tmp_path: Path) -> None:
    (store.folder / NAME).rename(tmp_path / NAME)
    page = write_report(store.folder, tmp_path / "report").read_text()
    (tmp_path / NAME).rename(store.folder / NAME)
    shutil.rmtree(store.points)
    assert (read_results_folder(store.folder).table["state"] == "done").all()
    assert write_report(store.folder, tmp_path / "report").read_text() == page


def test_no_seal_is_made_before_all_is_done(store: Store, study: Any) -> None:
    (store.folder / NAME).unlink()
    min(store.points.iterdir()).unlink()
    assert seal(store, study.plan, table(study.plan, store.read())) is None
    assert seal(store, study.plan, table(study.plan, store.read()).iloc[:0]) is None
    assert not (store.folder / NAME).exists()


def test_a_seal_of_another_plan_is_none(store: Store, study: Any) -> None:
    other = replace(study.plan, entries=study.plan.entries[:-1])
    assert sealed_keys(store, other) == set()
    store.write_plan(other)
    assert sealed(store) is None
    assert sealed_keys(store, study.plan)
    store.write_plan(study.plan)
    assert sealed(store)


def test_where_a_result_has_changed_all_are_read(store: Store, study: Any) -> None:
    """One that is gone is in the seal all the same."""
    first, second, *_ = sorted(store.points.iterdir())
    second.unlink()
    assert sealed_keys(store, study.plan) == set(study.results)
    unseal(store, study.plan)
    assert sealed(store)
    first.write_text(first.read_text() + " ")
    assert sealed_keys(store, study.plan) == set()
    assert sealed(store) is None
    assert set(read_results_folder(store.folder).table["state"]) == {"done", "missing"}
    unseal(store, study.plan)
    assert not (store.folder / NAME).exists()


def test_how_a_study_was_asked_is_no_part_of_it(store: Store, study: Any) -> None:
    other = replace(study.plan, asked=("workers=1", "do=status"))
    assert sealed_keys(store, other) == set(study.results)
    store.write_plan(other)
    whole = sealed(store)
    assert whole
    assert whole.asked == other.asked


def test_any_bit_that_flips_is_told(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    luck, path = random.Random(0), store.folder / NAME  # noqa: S311
    content = path.read_bytes()
    places = [*range(8), *(luck.randrange(len(content)) for _ in range(150)), *range(len(content) - 150, len(content))]
    for place in places:
        raw = bytearray(content)
        raw[place] ^= 1 << luck.randrange(8)
        path.write_bytes(raw)
        assert sealed(store) is None, place
        assert "cannot be read and is left out" in capsys.readouterr().out


@pytest.mark.parametrize("kept", [0, 4, 100, 0.5, 0.99, -1])
def test_a_damaged_seal_is_told_and_the_results_are_read(
    store: Store, study: Any, kept: float, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = (store.folder / NAME).read_bytes()
    (store.folder / NAME).write_bytes(whole[: int(kept * len(whole)) if 0 < kept < 1 else int(kept)])
    assert sealed(store) is None
    assert sealed_keys(store, study.plan) == set()
    assert f"{store.folder / NAME} cannot be read and is left out" in capsys.readouterr().out
    pd.testing.assert_frame_equal(read_results_folder(store.folder).table, table(study.plan, store.read()))


def test_another_parquet_file_is_no_seal(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(store.folder / NAME)
    assert sealed(store) is None
    assert "cannot be read and is left out" in capsys.readouterr().out


def test_drafts_are_not_left(store: Store) -> None:
    assert not list(store.folder.glob(".*"))
