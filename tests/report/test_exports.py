"""Exports: accuracies as numpy has them, LaTeX that parses, nothing empty, text that spreadsheets do not run."""

import re

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.accuracy_table import ACCURACY_COLUMNS, NO_RESULT, NOT_LEARNED, make_accuracy_table
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.load import ResultsFolder
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.cli import main
from scaling_lab.report.exports import build_export_tables, export_tables
from scaling_lab.report.latex import escape_latex, format_number
from scaling_lab.report.latex_columns import LATEX_COLUMNS
from scaling_lab.store.csv_text import to_csv_text
from scaling_lab.store.results import Store, StoredResults

EVERY = (
    *("accuracy", "verdicts", "pooled", "lengths", "agreement", "baseline_gains", "gains", "curves", "flops_saved"),
    *("extrapolation", "learning_rates", "learning_rate_slopes", "shares"),
    "claims",
)


@pytest.fixture(scope="module")
def table(make_study):
    """Two families, four rules at 1x and 2x, three seeds; one network of resnet_small without a result."""
    rows = make_study(["resnet_small", "mobilenet_v1_small"], seeds=range(3)).table()
    missing = (rows["family"] == "resnet_small") & (rows["rule"] == "width") & (rows["times_flops"] == 2)
    rows.loc[missing, "state"] = "missing"
    rows.loc[missing, ["test_accuracy", "held_out_accuracy", "test_pictures", "test_correct"]] = None
    return rows


def build_tables(table, folder, published=False):
    study = ResultsFolder("study", (), table, Store(folder), StoredResults())
    return build_export_tables(StudyComparison(study, VerdictOptions()), published)


@pytest.fixture(scope="module")
def tables(table, tmp_path_factory):
    return build_tables(table, tmp_path_factory.mktemp("results"))


def parse_latex(text):
    """Return the rows of a tabular as lists of cells; fail on unbalanced braces or rows of other lengths."""
    depth = 0
    for character in re.sub(r"\\[{}]", "", text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    assert len(re.sub(r"\\[$]", "", text).split("$")) % 2 == 1
    alignment = re.search(r"\\begin{tabular}{(.*)}\n", text)[1]
    columns = len(re.sub(r"p{[^}]*}", "p", alignment.replace(r"\linewidth", "")))
    rows = [re.split(r"(?<!\\) ?& ?", line.removesuffix(r" \\")) for line in text.splitlines() if line.endswith(r"\\")]
    assert {len(row) for row in rows} == {columns}
    return rows


def test_accuracies_are_those_of_numpy(table):
    made = make_accuracy_table(table, collect_evidence(table))
    assert list(made.columns)[5:] == list(ACCURACY_COLUMNS)
    assert len(made) == 2 * (1 + 4)  # the baseline once in each family
    assert list(made["rule"]).count("baseline") == 2
    (row,) = made.query("family == 'mobilenet_v1_small' and rule == 'depth'").to_dict("records")
    rows = table.query("family == 'mobilenet_v1_small' and rule == 'depth' and times_flops == 2")
    values = 100 * rows["test_accuracy"].to_numpy(dtype=float)
    assert row["accuracy"] == pytest.approx(values.mean())
    assert row["sd"] == pytest.approx(np.std(values, ddof=1))
    assert (row["seeds"], row["requested_seeds"], row["flops"]) == (3, 3, rows["flops"].iloc[0])
    assert row["low"] < row["accuracy"] < row["high"]
    assert (row["low"] + row["high"]) / 2 == pytest.approx(row["accuracy"])
    (gone,) = made.query("family == 'resnet_small' and rule == 'width'").to_dict("records")
    assert (gone["seeds"], gone["why_not"]) == (0, NO_RESULT)
    assert pd.isna([gone["accuracy"], gone["sd"], gone["low"], gone["high"]]).all()


def test_networks_that_did_not_learn_have_no_accuracy(table):
    rows = table.copy()
    deep = (rows["family"] == "mobilenet_v1_small") & (rows["rule"] == "depth") & (rows["times_flops"] == 2)
    rows["learned"] = (~deep).astype(object).where(rows["state"] == "done", None)
    made = make_accuracy_table(rows, collect_evidence(rows)).set_index(["family", "rule"])
    failed = made.loc["mobilenet_v1_small", "depth"]
    assert (failed["seeds"], failed["why_not"]) == (0, NOT_LEARNED)
    assert pd.isna(failed["accuracy"])
    assert made.loc["resnet_small", "width"]["why_not"] == NO_RESULT
    assert made.loc["resnet_small", "depth"]["seeds"] == 3


def test_files_and_what_is_not_written(tables, tmp_path):
    (tmp_path / "flops_saved.csv").touch()  # of an earlier export
    names = {path.name for path in export_tables(tables, tmp_path, ("csv", "parquet", "latex"))}
    empty = {name for name in EVERY if tables[name].empty}
    assert "flops_saved" in empty
    assert names == {f"{name}.{kind}" for name in set(EVERY) - empty for kind in ("csv", "parquet", "tex")}
    assert names == {path.name for path in tmp_path.iterdir()}
    assert len(pd.read_parquet(tmp_path / "accuracy.parquet")) == len(pd.read_csv(tmp_path / "accuracy.csv")) == 10


def test_latex_has_readable_heads_and_every_cell(tables, tmp_path):
    export_tables(tables, tmp_path, ("latex",))
    for name in EVERY:
        if tables[name].empty:
            continue
        head, *rows = parse_latex((tmp_path / f"{name}.tex").read_text())
        assert len(rows) == len(tables[name])
        assert not any("_" in heading for heading in head)
        assert all(any(cell not in ("", "--") for cell in row[2:]) for row in rows)
    head, first, *others = parse_latex((tmp_path / "accuracy.tex").read_text())
    assert head[-5:] == ["Parameters (M)", "Side (px)", r"Accuracy (\%)", r"95 \% interval", "n"]
    assert first[:3] == [r"resnet\_small", "baseline", "1"]
    assert re.fullmatch(r"\d\d\.\d\d \$\\pm\$ \d\.\d\d", first[7])
    assert "no result" in [row[7] for row in others]


def test_settings_that_differ_are_a_column(table, tmp_path):
    other = table.assign(recipe="long", key=table["key"] + "x")
    both = build_tables(pd.concat([table, other], ignore_index=True), tmp_path)
    export_tables({"accuracy": both["accuracy"]}, tmp_path, ("latex",))
    rows = parse_latex((tmp_path / "accuracy.tex").read_text())
    assert len(rows) == 1 + 20
    assert {row[1] for row in rows[1:]} == {r"fashion\_mnist, quick, fitted", r"fashion\_mnist, long, fitted"}


def test_claims_on_published_numbers_only_when_asked_for(table, tables, tmp_path):
    assert set(tables["claims"].get("on", ())) <= {"measured"}
    assert "published" in set(build_tables(table, tmp_path, published=True)["claims"]["on"])
    assert set(LATEX_COLUMNS) == set(EVERY)


def test_numbers_and_names_in_latex():
    assert escape_latex("a_b & 5% \\ {x} <\n\x1b") == r"a\_b \& 5\% \textbackslash{} \{x\} $<$  "
    shown = [format_number(*case) for case in ((-0.5, ".2f"), (-0.001, ".2f"), (1.5e-7, ".3g"), (25_600.4, ".4g"))]
    assert shown == ["$-$0.50", "0.00", r"$1.5 \times 10^{-7}$", "25,600"]


def test_spreadsheets_run_nothing():
    formulas = ["=cmd|calc", "+1", "-1+1", "@sum", "\tx", "plain", None]
    rows = pd.DataFrame({"name": formulas, "number": range(-3, 4), "test_correct": "+abc"})
    lines = to_csv_text(rows).splitlines()
    assert lines[1:6] == [f"'{text},{number},+abc" for text, number in zip(formulas[:5], range(-3, 2), strict=True)]
    assert lines[6:] == ["plain,2,+abc", ",3,+abc"]
    assert to_csv_text(rows[5:]) == rows[5:].to_csv(index=False)


def test_a_folder_that_cannot_be_written(quick, tmp_path, capsys):
    folder = quick.written(tmp_path / "results")
    (tmp_path / "file").touch()
    assert main(["export", str(folder), "--to", str(tmp_path / "file" / "x")]) == 2
    assert capsys.readouterr().err == f"error: export folder {tmp_path}/file/x cannot be written to: Not a directory\n"


def test_all_files_are_written_before_anything_is_printed(quick, tmp_path, capsys):
    folder = quick.written(tmp_path / "results")
    assert main(["export", str(folder), "--to", str(tmp_path / "to"), "--as", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"{tmp_path}/to/accuracy.csv" in lines
    assert any(line.startswith("not written") and "flops_saved" in line for line in lines)
