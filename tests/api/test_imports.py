"""`lab.import_results` and `lab.merge`: the folders of the commands, as tables, and one line for each mistake."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import scaling_lab as lab

ROWS = [(rule, times, seed) for rule, times in (("baseline", 1), ("depth", 2), ("width", 2)) for seed in range(3)]
COLUMNS = {"family": "=net", "flops": "macs", "accuracy": "top1"}


def write(path: Path, gain: float = 0.0) -> Path:
    lines = [f"{rule},{0.1 * times},{70 + times + seed + gain},{seed}" for rule, times, seed in ROWS]
    path.write_text("\n".join(["rule,macs,top1,seed", *lines]))
    return path


def imported(folder: Path, name: str, gain: float = 0.0) -> Any:
    source = write(folder / f"{name}.csv", gain)
    return lab.import_results(source, folder / name, columns=COLUMNS, accuracy_in="percent", flops_in="G")


def test_an_import_is_the_table_of_its_folder(tmp_path: Path) -> None:
    table = imported(tmp_path, "mine")
    assert len(table) == len(ROWS)
    assert set(table["flops"]) == {10**8, 2 * 10**8}
    assert table["test_accuracy"].max() == pytest.approx(0.74)
    assert "net: baseline (3 trainings), depth (3 trainings), width (3 trainings)." in table.attrs["inferred"]
    assert any("G" in text or "1e9" in text for text in table.attrs["inferred"])
    assert not any("--" in text or "columns=" in text for text in table.attrs["inferred"])
    assert not lab.compare(tmp_path / "mine").empty


def test_imports_are_merged(tmp_path: Path) -> None:
    for name, gain in (("a", 0.0), ("b", 0.0), ("c", 1.0)):
        imported(tmp_path, name, gain)
    both = lab.merge([tmp_path / "a", tmp_path / "b"], tmp_path / "both")
    assert len(both) == len(ROWS)
    assert any("counted once" in note for note in both.attrs["merged"])
    with pytest.raises(lab.UserError, match=r'has test accuracy.*on_conflict="first" or on_conflict="last"'):
        lab.merge([tmp_path / "a", tmp_path / "c"], tmp_path / "other")
    last = lab.merge([tmp_path / "a", tmp_path / "c"], tmp_path / "other", on_conflict="last")
    assert any(f"{len(ROWS)} of these had different accuracies" in note for note in last.attrs["merged"])
    assert last["test_accuracy"].min() == pytest.approx(0.72)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"columns": {"familly": "net"}}, r"'familly'; did you mean family\?"),
        ({"columns": {"family": 3}}, r"columns\['family'\] is '3'"),
        ({"accuracy_in": "percents"}, r"accuracy_in 'percents'; did you mean percent\?"),
        ({"flops_in": "X"}, "flops_in 'X'"),
        ({"format": "csv"}, "format 'csv'"),
        ({"baseline_flops": "1e9"}, "baseline_flops is '1e9'"),
        ({"files": []}, "files is empty"),
        ({"files": [3]}, "files is '3'"),
    ],
)
def test_mistakes_of_an_import(arguments: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(lab.UserError, match=message):
        lab.import_results(**{"files": write(tmp_path / "a.csv"), "results": tmp_path / "a"} | arguments)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"columns": {"family": "=net", "flops": "macs"}}, 'columns={"accuracy": "COLUMN"}'),
        ({"accuracy_in": "fraction", "columns": COLUMNS | {"flops": "seed"}}, 'flops_in="G"'),
        ({"runs": "a.csv"}, "runs joins"),
        ({"format": "timm"}, 'format="timm"'),
        ({"baseline_flops": 7.0, "flops_in": "G"}, "baseline_flops"),
    ],
)
def test_messages_name_arguments(
    arguments: dict[str, Any], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = write(tmp_path / "a.csv")
    source.write_text(source.read_text().replace(",0\n", ",5\n"))
    with pytest.raises(lab.UserError) as raised:
        lab.import_results(source, "a", **{"columns": COLUMNS} | arguments)
    assert named in str(raised.value)
    assert "--" not in str(raised.value)


def test_mistakes_of_a_merge(tmp_path: Path) -> None:
    with pytest.raises(lab.UserError, match="two results folders or more"):
        lab.merge(tmp_path / "a", tmp_path / "b")
    with pytest.raises(lab.UserError, match=r"on_conflict 'frist'; did you mean first\?"):
        lab.merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c", on_conflict="frist")


@pytest.mark.parametrize(("name", "value"), [("columns", "family"), ("runs", 3)])
def test_arguments_of_another_type_are_named(name: str, value: Any, tmp_path: Path) -> None:
    with pytest.raises(lab.UserError, match=name):
        lab.import_results(write(tmp_path / "a.csv"), tmp_path / "mine", **{name: value})


def test_percent_and_fractions_of_the_same_accuracies_are_no_conflict(tmp_path: Path) -> None:
    for name, times in (("fractions", 1), ("percent", 100)):
        accuracies = [0.8052 * times, 0.7011 * times]
        table = pd.DataFrame(
            {"family": "net", "rule": "baseline", "flops": 10**8, "accuracy": accuracies, "seed": [0, 1]}
        )
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        lab.import_results(tmp_path / f"{name}.csv", tmp_path / name)
    both = lab.merge([tmp_path / "fractions", tmp_path / "percent"], tmp_path / "both")
    assert sorted(both["test_accuracy"]) == pytest.approx([0.7011, 0.8052])
