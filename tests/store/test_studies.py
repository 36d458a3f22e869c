"""A results folder that does not exist: the message names the studies near it."""

import pytest

from scaling_lab.errors import UserError
from scaling_lab.store.studies import find_studies, open_store


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("quick", "rules"):
        (tmp_path / "results" / name).mkdir(parents=True)
        (tmp_path / "results" / name / "plan.json").touch()
    (tmp_path / "results" / "other").mkdir()
    return tmp_path / "results"


def test_a_study_is_opened(results):
    assert open_store(results / "quick").folder == results / "quick"
    assert open_store(results / "other").folder == results / "other"  # its plan is missed when it is read
    assert find_studies(results) == ["quick", "rules"]


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("results/quikc", ["results/quikc", "did you mean results/quick?", "quick, rules"]),
        ("elsewhere/rules", ["elsewhere/rules", "did you mean results/rules?"]),
        ("zzz", ["zzz", "results has quick, rules"]),
        ("results", ["no plan.json in results", "quick, rules"]),
        ("results/" + "x" * 300, ["results/xxx", "quick, rules"]),
    ],
)
def test_near_studies_are_named(path, parts, results):
    with pytest.raises(UserError) as raised:
        open_store(results.__class__(path))
    assert all(part in str(raised.value) for part in parts)
    assert len(str(raised.value)) < 200


def test_nothing_near(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"there is no results folder x$"):
        open_store(tmp_path.__class__("x"))
