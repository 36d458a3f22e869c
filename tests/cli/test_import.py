"""`scaling-lab import`, the commands that read its folder, and one line for each mistake."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.analysis.study_comparison import read_study_comparison
from scaling_lab.cli import main
from scaling_lab.report.contents import build_contents

ROWS = [
    ("net", rule, flops, 0.7 + gain + 0.001 * seed * (1 + place), seed)
    for place, (rule, flops, gain) in enumerate(
        (("baseline", 10**8, 0.0), ("depth", 2 * 10**8, 0.01), ("width", 2 * 10**8, 0.04))
    )
    for seed in range(3)
]
HEADER = "model,rule,macs,top1,seed"
OPTIONS = "--family model --flops macs --accuracy top1"


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Write a table with one change, and work in its folder."""
    monkeypatch.chdir(tmp_path)

    def write(old: str = HEADER, new: str = HEADER, count: int = 1) -> None:
        text = "\n".join([HEADER, *(",".join(map(str, row)) for row in ROWS)])
        assert old in text
        (tmp_path / "runs.csv").write_text(text.replace(old, new, count))

    write()
    return write


def run(line: str) -> int:
    return main(shlex.split(line))


@pytest.mark.usefixtures("runs")
def test_from_a_table_to_answers(capsys):
    assert run(f"import runs.csv {OPTIONS} results/mine") == 0
    output = capsys.readouterr().out
    assert "9 trainings of 3 networks" in output
    assert "fractions" in output
    assert "net: baseline (3 trainings), depth (3 trainings), width (3 trainings)." in output
    for command in ("compare", "export --as csv"):
        assert run(f"{command} results/mine") == 0, command
    verdicts = pd.read_csv("exports/mine/verdicts.csv")
    row = verdicts[verdicts["cost"] == "flops"].iloc[0]
    assert (row["first"], row["second"], row["verdict"]) == ("width", "depth", "told apart")
    page = str(build_contents(read_study_comparison(Path("results/mine"))))
    assert "nan" not in re.findall(r"\w+", page)
    assert page.count("Imported from runs.csv") >= 1
    assert "other seeds and other test images" not in page


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("command", ["status", "reproduce", "seal", "evaluate", "forget --where seed==0"])
def test_what_needs_a_plan_says_that_it_was_imported(capsys, command):
    run(f"import runs.csv {OPTIONS} results/mine")
    capsys.readouterr()
    assert run(f"{command.split()[0]} results/mine {' '.join(command.split()[1:])}") == 2
    assert "imported" in capsys.readouterr().err


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("command", ["compare", "status", "merge"])
def test_a_folder_that_lost_its_imported_results_says_so(error_of, capsys, command):
    run(f"import runs.csv {OPTIONS} results/mine")
    capsys.readouterr()
    Path("results/mine/imported.json").unlink()
    line = "merge results/mine results/two --into results/both" if command == "merge" else f"{command} results/mine"
    assert "imported.json" in error_of(line)


MISTAKES = {
    "import runs.csv --flops macs --accuracy top1 results/mine": "'family'.*--family COLUMN",
    "import runs.csv --family modell --flops macs --accuracy top1 results/mine": "'modell'; did you mean model?",
    f"import runs.csv {OPTIONS} --seed sede results/mine": "'sede'; did you mean seed?",
    f"import nowhere.csv {OPTIONS} results/mine": "nowhere.csv cannot be read",
    f"import runs.csv {OPTIONS} --params rule results/mine": "line 2.*params 'baseline' is not a finite number",
    "import runs.csv": "runs.csv.*results folder",
    f"import runs.csv {OPTIONS} --accuracy-in percents results/mine": "'percents'.*percent",
    f"import runs.csv {OPTIONS} --flops-in g results/mine": "'g'",
    f"import runs.csv {OPTIONS} --bugdet x results/mine": "--bugdet'; did you mean --budget?",
    f"import runs.csv {OPTIONS} --accuracy =2 results/mine --accuracy-in fraction": "accuracy is 2; must be 0 to 1",
}


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("line", MISTAKES)
def test_mistakes_of_the_command(error_of, line):
    assert re.search(MISTAKES[line], error_of(line))


TABLES = {
    "a seed twice": ("0.74,0", "0.74,2", "line 10.*seed 2.*line 8 already"),
    "mixed units": ("0.74,0", "74,0", "0.7 .*line 2.* and 74 .*line 8.*--accuracy-in"),
    "no number": ("0.74,0", "high,0", "line 8.*accuracy 'high'"),
    "no seed": ("0.74,0", "0.74,", "line 8: no seed"),
    "a seed that is no integer": ("0.74,0", "0.74,0.5", "line 8: seed is 0.5"),
    "a seed that is too large": ("0.74,0", "0.74,1e30", "line 8: seed is 1e30; must be at most [0-9]+"),
    "names that differ in case": ("width", "Width", "line 9: rule 'width' differs from 'Width' .*line 8"),
    "names that differ in spaces": ("net,depth", "n  et,depth", "line 5: family 'n  et' differs from 'net' .*line 2"),
    "a short line": ("0.74,0", "0.74", "line 8 has 4 values.*5 columns"),
    "no baseline": ("baseline", "other", "net has no baseline.*--baseline-flops.*100,000,000"),
    "two networks": ("200000000", "203000000", "depth has networks of 200,000,000 and 203,000,000.*--budget"),
    "a negative number of FLOPs": ("100000000", "-1", "-1; must be above 0"),
}


@pytest.mark.parametrize("name", TABLES)
def test_mistakes_of_the_table(runs, error_of, name):
    old, new, message = TABLES[name]
    runs(old, new, count=-1 if name == "no baseline" else 1)
    assert re.search(message, error_of(f"import runs.csv {OPTIONS} results/mine"))


@pytest.mark.usefixtures("runs")
def test_an_empty_file(error_of, tmp_path):
    (tmp_path / "runs.csv").write_text("")
    assert "runs.csv is empty" in error_of(f"import runs.csv {OPTIONS} results/mine")
    (tmp_path / "runs.csv").write_text(HEADER + "\n")
    assert "no rows" in error_of(f"import runs.csv {OPTIONS} results/mine")


@pytest.mark.usefixtures("runs")
def test_flops_in_units_that_are_not_said(error_of, tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text(path.read_text().replace("00000000", ".00"))
    assert "--flops-in" in error_of(f"import runs.csv {OPTIONS} results/mine")


def test_errors_are_no_accuracies(runs, error_of):
    runs("top1", "top1_err")
    line = "import runs.csv --family model --flops macs --accuracy top1_err results/mine"
    assert "looks like errors" in error_of(line)


def test_imports_are_merged_and_not_mixed_with_training(runs, error_of, capsys, quick, tmp_path):
    run(f"import runs.csv {OPTIONS} results/mine")
    runs("0.74,0", "0.74,7")
    run(f"import runs.csv {OPTIONS} results/theirs")
    assert run("merge results/mine results/theirs --into results/both") == 0
    assert len(read_results_folder(Path("results/both")).table.drop_duplicates("key")) == len(ROWS) + 1
    quick.written(tmp_path / "trained")
    capsys.readouterr()
    assert "mine has imported results" in error_of("merge results/mine trained --into results/mixed")
