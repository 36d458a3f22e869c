from pathlib import Path
from subprocess import CalledProcessError

import pytest
import result_files
import sweeps

from scaling_lab.store.results import Store
from scaling_lab.store.table import results_table

TINY = (
    *("name=thousand", "family=mobilenet_v1_small", "rule=multipliers", "rule.w=0.25", "rule.r=0.4"),
    *("times_flops=1", "seed=0,1", "recipe.epochs=1", "recipe.warmup_epochs=0"),
)


def measured(row: sweeps.Row) -> float:
    """Return the number in a line."""
    return float(row[1].removesuffix(" s"))


def test_made_up_results_answer_the_plan(tmp_path: Path) -> None:
    plan = result_files.plan(25)
    result_files.write(tmp_path, result_files.forms(25), pictures=100)
    stored = Store(tmp_path).read_results()
    assert stored.broken == {}
    rows = results_table(plan, stored)
    assert list(rows["state"]) == ["done"] * 25
    assert rows["test_correct"].nunique() == 25
    assert not rows.duplicated(["seed", "lr_times"]).any()


def test_a_table_from_files_and_from_the_seal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "CACHES", tmp_path / "nowhere" / "drop_caches")
    rows = sweeps.large(tmp_path, 20)
    assert [row[0] for row in rows] == [
        "table from 20 result files, warm",
        "sealing it",
        "table of 20 results from the seal, warm",
    ]
    assert [row[2] for row in rows] == ["60 s", "", "5 s"]
    assert (tmp_path / "table.parquet").is_file()


@pytest.mark.slow
def test_planning_and_going_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The results are made up, so nothing is trained."""
    monkeypatch.setattr(sweeps, "THOUSAND", TINY)
    monkeypatch.setattr(sweeps, "RUNS", 1)
    rows = sweeps.thousand(tmp_path)
    assert [row[0] for row in rows] == [
        "plan 2 points, none finished",
        "plan 2 points, all finished",
        "run over 2 points that finished elsewhere: table, report, seal",
        "run over 2 points that are finished",
        "status of 2 points",
    ]
    assert all(measured(row) > 0.5 for row in rows)
    assert not (tmp_path / "results/thousand/runs.jsonl").exists()


@pytest.mark.slow
def test_a_sweep_compared_with_its_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "TRAINED", (*TINY[1:], "name=trained"))
    training, wall, ratio, command_ratio = sweeps.trained(tmp_path)
    results = Store(tmp_path / "results/trained").read_results().results.values()
    workers = int(training[0].split()[-2])
    assert measured(training) == pytest.approx(sum(result.train_seconds for result in results) / workers, abs=0.1)
    assert measured(wall) / measured(training) == pytest.approx(float(ratio[1]), rel=0.5)
    assert float(command_ratio[1]) > float(ratio[1]) > 1


@pytest.mark.slow
def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(CalledProcessError):
        sweeps.shell(tmp_path, "family=nothing")
