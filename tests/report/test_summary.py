"""The Markdown page of several studies."""

import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from scaling_lab.analysis.stats.power import SeedRange
from scaling_lab.analysis.study_comparison import read_study_comparison
from scaling_lab.analysis.verdict_table import make_verdict_table
from scaling_lab.cli import main
from scaling_lab.formatting import format_duration
from scaling_lab.paper.claims import judge_claims
from scaling_lab.report.summary import build_summary
from scaling_lab.report.undecided_pairs import _format_time, undecided_rows

ROOT = Path(__file__).resolve().parents[2]


def summary_of(folders: list[Path]) -> str:
    return build_summary({folder.name: read_study_comparison(folder) for folder in folders}, "a command")


def rows_of(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    table = re.search(r"(?:^\|.*\n)+", text[text.index(heading) :], flags=re.MULTILINE)
    assert table
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table[0].splitlines()[2:]]


def test_studies_and_their_computation(make_study, tmp_path):
    study = make_study(["resnet_small"], times=(1, 2, 4), seeds=range(3))
    folder = study.written(tmp_path / "one")
    done = read_study_comparison(folder).table.query("state == 'done'").drop_duplicates("key")
    (row,) = rows_of(summary_of([folder]), "## Studies")
    assert row[1] == "resnet_small"
    assert row[5] == "1\N{MULTIPLICATION SIGN}, 2\N{MULTIPLICATION SIGN}, 4\N{MULTIPLICATION SIGN}"
    assert row[7:] == ["3", str(len(done)), f"{done['point_seconds'].sum() / 3600:.1f}"]


def test_a_point_of_two_studies_counts_once(make_study, tmp_path):
    study = make_study(["resnet_small"], times=(1, 2, 4), seeds=range(3))
    folders = [study.written(tmp_path / name) for name in "ab"]
    of_one, of_both = (
        float(re.search(r"Core hours in all: ([\d.]+),", summary_of(f))[1]) for f in (folders[:1], folders)
    )
    assert of_both == of_one > 0


def test_the_verdicts_are_those_of_the_claims():
    folder = ROOT / "results" / "rules-reference"
    study = read_study_comparison(folder)
    measured = [finding for finding in judge_claims(study.evidence, study.options) if finding.on == "measured"]
    counts = Counter((finding.claim, finding.verdict) for finding in measured)
    text = summary_of([folder])
    (cells,) = rows_of(text, "## The papers' claims")
    head = text.split("## The papers' claims")[1].split("\n| ---")[0]
    claims = [name.split("](")[0].lstrip("[") for name in head.strip().strip("| ").split(" | ")]
    summary_counts = {
        (claim, part.split(" ", 1)[1]): int(part.split()[0])
        for claim, cell in zip(claims[1:], cells[1:], strict=True)
        for part in cell.split(", ")
    }
    assert summary_counts == dict(counts)


def test_names_are_escaped(make_study, tmp_path):
    folder = make_study(["resnet_small"], seeds=range(3)).written(tmp_path / "one")
    plan = folder / "plan.json"
    plan.write_text(plan.read_text().replace('"family": "resnet_small"', '"family": "a|<b>*c*"'))
    text = summary_of([folder])
    assert "a\\|&lt;b>\\*c\\*" in text
    assert "<b>" not in text


def test_the_command_prints_the_page_or_writes_it(make_study, tmp_path, capsys):
    folders = [make_study(["resnet_small"], seeds=range(3)).written(tmp_path / name) for name in "ab"]
    words = ["summary", *map(str, folders)]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert [row[0].split("]")[0] for row in rows_of(printed, "## Studies")] == ["[a", "[b"]
    assert main([*words, "--to", str(tmp_path / "findings.md")]) == 0
    assert (tmp_path / "findings.md").read_text().splitlines()[4:] == printed.splitlines()[4:]


def test_the_same_folder_twice_is_refused(capsys):
    folder = str(ROOT / "results" / "cifar-reference")
    assert main(["summary", folder, folder]) == 2
    assert "given twice" in capsys.readouterr().err


def test_the_committed_summary_is_up_to_date():
    """If this fails, run the command in the third line of reports/README.md."""
    page = (ROOT / "reports" / "README.md").read_text()
    command = re.search(r"`scaling-lab summary (.*) --to reports/README.md`", page)
    assert command
    studies = {Path(name).name: read_study_comparison(ROOT / name) for name in command[1].split()}
    assert build_summary(studies, command[0].strip("`")) == page


def test_undecided_pairs_have_the_seeds_and_the_time_that_would_decide_them():
    """The rows are those of the table of verdicts, recomputed from its numbers."""
    studies = {name: read_study_comparison(ROOT / "results" / name) for name in ("fashion-rules", "imagenette")}
    expected = []
    for name, study in studies.items():
        table = make_verdict_table(study.budget_comparisons)
        for pair in table[table["verdict"] == "undecided"].to_dict("records"):
            seeds = [pair[column] for column in ("apart_seeds_low", "apart_seeds_high")]
            times = [format_duration(pair["seconds_per_seed"] * (200 if pd.isna(count) else count)) for count in seeds]
            over = "over " if pd.isna(seeds[1]) else ""
            apart = f"{seeds[0]} to {'over 200' if over else seeds[1]}"
            expected.append((name, pair["first"], pair["second"], apart, f"{times[0]} to {over}{times[1]}"))
    assert expected
    rows = undecided_rows(studies)
    rules = [[rule.split()[0].rstrip("*") for rule in row[2].split(" and ")] for row in rows]
    assert [(row[0], *pair, row[5], row[7]) for row, pair in zip(rows, rules, strict=True)] == expected
    assert {(row[0], row[4]) for row in rows} == {("fashion-rules", "0.5 points"), ("imagenette", "2 points")}
    assert {row[1].split(" at ")[1] for row in rows} == {"4\N{MULTIPLICATION SIGN}"}
    assert len(rows_of(build_summary(studies, "a command"), "## Extra seeds needed")) == len(rows)


@pytest.mark.parametrize(
    ("seeds", "seconds", "time"),
    [
        (SeedRange(2, 3), 60.0, "2 min to 3 min"),
        (SeedRange(2, 2), 60.0, "2 min"),
        (SeedRange(30, None), 60.0, "30 min to over 3.3 h"),
        (SeedRange(None, None), 60.0, "over 3.3 h"),
        (SeedRange(2, 3), None, "not recorded"),
    ],
)
def test_the_time_of_seeds_on_one_core(seeds, seconds, time):
    assert _format_time(seeds, seconds) == time


def test_studies_without_a_delta_are_named():
    text = summary_of([ROOT / "results" / "rules-reference"])
    section = text.split("## Extra seeds needed")[1].split("## ")[0]
    assert "rules-reference" in section
    assert "|" not in section
