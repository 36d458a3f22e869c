import re
import subprocess
import sys
from pathlib import Path

import pytest

from scaling_lab import published

ROOT = Path(__file__).resolve().parents[1]


def test_the_tables_are_listed() -> None:
    assert set(published.names()) >= {"figure3", "figure8"}
    assert list(published.names()) == sorted(published.names())


@pytest.mark.parametrize("name", published.names())
def test_every_row_has_a_source_and_its_numbers(name: str) -> None:
    table = published.read(name)
    assert len(table) > 0
    assert table["source"].str.contains("arXiv").all()
    if "flops_B" in table:
        assert table["flops_B"].between(0.1, 100).all()
    assert table["top1"].between(50, 100).all()
    texts = [text for text in table.to_numpy().ravel() if isinstance(text, str)]
    assert not [text for text in texts if re.search(r"(?:^|[\s:;(])/\w", text)], "a path of somebody's machine"


def test_values_of_figure_3() -> None:
    table = published.read("figure3")
    assert table["panel"].value_counts().to_dict() == {"w": 6, "d": 6, "r": 7}
    rows = set(table[["panel", "label", "flops_B", "top1"]].itertuples(index=False, name=None))
    assert {("w", 5.0, 8.2508, 80.3), ("d", 4.0, 1.8497, 78.99), ("r", 2.5, 3.1154, 79.68)} <= rows


def test_values_of_figure_8() -> None:
    table = published.read("figure8")
    assert table["curve"].value_counts().to_dict() == {"width": 6, "depth": 6, "resolution": 7, "compound": 5}
    rows = set(table[["curve", "point_index", "flops_B", "top1"]].itertuples(index=False, name=None))
    assert {("compound", 0, 0.39, 76.1), ("compound", 4, 4.2, 82.6)} <= rows
    assert table.loc[table["clipped"] == "yes", "curve"].tolist() == ["width"]


def test_the_points_shared_by_both_figures_agree() -> None:
    drawn = set(published.read("figure3")[["flops_B", "top1"]].itertuples(index=False, name=None))
    lines = published.read("figure8").query("curve != 'compound' and point_index > 0 and clipped == 'no'")
    assert set(lines[["flops_B", "top1"]].itertuples(index=False, name=None)) <= drawn


def test_an_unknown_table_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match=r"'figure9'.*figure3, figure8"):
        published.read("figure9")


def test_reading_needs_no_torch() -> None:
    program = "import sys; from scaling_lab import published; published.read('figure3'); print('torch' in sys.modules)"
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert ran.stdout.strip() == "False"
