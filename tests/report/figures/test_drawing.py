"""`scaling-lab figure`, `lab.figure` and the figures of a folder."""

import re
from pathlib import Path

import pytest
from PIL import Image

import scaling_lab as lab
from scaling_lab.analysis.study_comparison import read_study_comparison
from scaling_lab.cli import main
from scaling_lab.errors import UserError
from scaling_lab.report.figures import draw_all, list_figures, load
from scaling_lab.report.figures.load import figure_classes
from scaling_lab.store.looks import LOOKS_FILE


@pytest.fixture(scope="module")
def folder(make_study, tmp_path_factory):
    study = make_study(["resnet_small"], ["depth", "width"], seeds=range(3))
    return study.written(tmp_path_factory.mktemp("results") / "mine")


@pytest.mark.parametrize(("width", "inches"), [("column", 3.25), ("page", 6.75)])
def test_one_figure_has_the_width_of_a_paper(folder, tmp_path, width, inches, capsys):
    path = tmp_path / "new" / "a.png"
    assert main(["figure", str(folder), "--kind", "accuracy_flops", "--width", width, "--to", str(path)]) == 0
    with Image.open(path) as image:
        assert image.width == pytest.approx(200 * inches, abs=1)
    assert [file.name for file in path.parent.iterdir()] == ["a.png"]
    assert f"figure: {path}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "name", "start"),
    [([], "accuracy_flops.pdf", b"%PDF"), (["--format", "svg"], "accuracy_flops.svg", b"<?xml")],
)
def test_without_a_file_the_figure_is_named_after_study_and_kind(folder, tmp_path, monkeypatch, words, name, start):
    monkeypatch.chdir(tmp_path)
    assert main(["figure", str(folder), "--kind", "accuracy_flops", *words]) == 0
    assert (tmp_path / "figures" / "mine" / name).read_bytes().startswith(start)


def test_in_an_existing_folder_the_figure_is_named_after_its_kind(folder, tmp_path):
    assert main(["figure", str(folder), "--kind", "accuracy_flops", "--to", str(tmp_path)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["accuracy_flops.pdf"]


def test_help_lists_every_kind_with_its_title(capsys):
    assert main(["figure", "--help"]) == 0
    lines = capsys.readouterr().out.partition("kinds:")[2].partition("examples:")[0].splitlines()
    listed = dict(line.strip().split(maxsplit=1) for line in lines if line.strip())
    assert listed == list_figures()


def test_the_documentation_has_every_kind():
    page = (Path(__file__).resolve().parents[3] / "docs" / "figures.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE)) == set(list_figures())


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("--kind acuracy_flops", ["'acuracy_flops'", "did you mean accuracy_flops"]),
        ("--kind accuracy_flops --width paper", ["'paper'", "column", "page"]),
        ("--kind accuracy_flops --format pfd", ["'pfd'", "did you mean pdf"]),
        ("--kind accuracy_flops --to a.gif", ["'gif'", "pdf", "png", "svg"]),
        ("--kind lengths", ["lengths", "recipe.epochs"]),
    ],
)
def test_mistakes_are_named_on_one_line(folder, words, parts, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["figure", str(folder), *words.split()]) == 2
    error = capsys.readouterr().err.strip()
    assert len(error.splitlines()) == 1
    assert all(part in error for part in parts)
    assert not list(tmp_path.iterdir())


def test_only_a_figure_of_verdicts_is_a_look(make_study, tmp_path):
    study = make_study(["resnet_small"], ["depth", "width"], seeds=range(3)).written(tmp_path / "mine")
    lab.figure(study, "accuracy_flops")
    assert not (study / LOOKS_FILE).exists()
    lab.figure(study, "differences", to=tmp_path / "differences.svg")
    assert len((study / LOOKS_FILE).read_text().splitlines()) == 1
    assert (tmp_path / "differences.svg").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize("arguments", [{"kind": 3}, {"kind": "forests"}, {"width": "wide"}, {"to": "a.gif"}])
def test_wrong_arguments_of_the_function(folder, arguments):
    with pytest.raises(UserError, match=str(next(iter(arguments.values()))).split(".")[-1]):
        lab.figure(folder, **{"kind": "accuracy_flops"} | arguments)


def test_the_figures_that_a_study_has_are_written_in_the_format(folder, tmp_path, monkeypatch):
    classes = figure_classes()
    few = {kind: classes[kind] for kind in ("differences", "figure7", "lengths", "obtained_multipliers")}
    monkeypatch.setattr(load, "figure_classes", lambda: few)
    drawn = draw_all(read_study_comparison(folder), tmp_path, ["pdf"])
    assert [figure.kind for figure in drawn] == ["differences", "obtained_multipliers"]
    assert {path.name for path in tmp_path.iterdir()} == {"differences.pdf", "obtained_multipliers.pdf"}
    assert all(figure.caption.startswith("Measured") for figure in drawn)
