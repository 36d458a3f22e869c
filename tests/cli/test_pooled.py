"""`compare` and `export` of several results folders."""

import re
from dataclasses import replace

import pytest

from scaling_lab.cli import main
from scaling_lab.formatting import TIMES
from scaling_lab.store.looks import LOOKS_FILE
from scaling_lab.store.results import Store

FAMILIES = ["resnet_small", "mobilenet_v1_small", "efficientnet_b0_small"]


def test_compare_prints_each_study_and_the_pooled_pairs_and_records_a_look(make_study, tmp_path, capsys):
    a = make_study(FAMILIES[:2], seeds=range(3)).written(tmp_path / "a")
    b = make_study(FAMILIES[2:], seeds=range(3)).written(tmp_path / "b")
    assert main(["compare", str(a), str(b), "--delta", "1"]) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert output.count(f" at 2{TIMES} the baseline's FLOPs (multiply-adds)") == 4
    assert f"Over 3 settings at 2{TIMES}" in output
    assert "p alike" in output
    assert all((folder / LOOKS_FILE).exists() for folder in (a, b))


def test_one_study_with_several_families_is_pooled_too(make_study, tmp_path, capsys):
    folder = make_study(FAMILIES, seeds=range(3)).written(tmp_path / "whole")
    assert main(["compare", str(folder)]) == 0
    assert f"Over 3 settings at 2{TIMES}" in capsys.readouterr().out


def test_studies_without_a_common_pair_have_no_pooled_verdict(make_study, tmp_path, capsys):
    a = make_study(FAMILIES[:1], ["depth", "width"], seeds=range(3)).written(tmp_path / "a")
    b = make_study(FAMILIES[1:2], ["resolution", "compound"], seeds=range(3)).written(tmp_path / "b")
    assert main(["compare", str(a), str(b)]) == 0
    assert "No pooled verdict" in capsys.readouterr().out


def test_studies_without_a_common_budget_have_no_pooled_verdict(make_study, tmp_path, capsys):
    folders = [
        str(make_study([family], times=(1, times), seeds=range(3)).written(tmp_path / family))
        for family, times in zip(FAMILIES[:2], (2, 4), strict=True)
    ]
    assert main(["compare", *folders]) == 0
    assert "No pooled verdict" in capsys.readouterr().out


def test_points_of_two_studies_count_once(make_study, tmp_path):
    """Both have the same trainings of one setting, and the same failure."""
    study = make_study(FAMILIES[:1], seeds=range(3))
    failed, *finished = study.results
    study = replace(study, results={key: study.results[key] for key in finished})
    folders = [study.written(tmp_path / name) for name in "ab"]
    for folder in folders:
        Store(folder).add_failure(failed, "FloatingPointError: loss is nan")
    assert main(["report", *map(str, folders), "--to", str(tmp_path / "page")]) == 0
    page = " ".join(re.sub(r"<[^>]+>", " ", (tmp_path / "page" / "index.html").read_text()).split())
    assert f"No pooled verdict: {FAMILIES[0]} in one setting" in page
    assert f"{len(finished)} of {len(finished) + 1} points done 1 failed" in page
    assert "a : 1 of" in page or "a: 1 of" in page


@pytest.mark.parametrize("verb", ["compare", "export"])
@pytest.mark.parametrize("options", ["--equal latency", "--metric loss"])
def test_what_several_folders_cannot_have_is_refused(verb, options, make_study, tmp_path, error_of):
    folders = [make_study([family], seeds=range(3)).written(tmp_path / family) for family in FAMILIES[:2]]
    message = error_of(f"{verb} {folders[0]} {folders[1]} {options}")
    assert options.split()[-1] in message or "--equal" in message


def test_export_writes_the_table_and_the_forest_plot(make_study, tmp_path, capsys):
    a = make_study(FAMILIES[:2], seeds=range(3)).written(tmp_path / "a")
    b = make_study(FAMILIES[2:], ["depth", "width"], seeds=range(3)).written(tmp_path / "b")
    assert main(["export", str(a), str(b), "--to", str(tmp_path / "out"), "--as", "csv,latex"]) == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"pooled.csv", "pooled.tex", "forest.png", "forest.svg"}
    assert set(capsys.readouterr().out.split()) >= {str(tmp_path / "out" / name) for name in names}
