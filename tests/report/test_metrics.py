"""Page, export and claims of a study by test loss, of which every number is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.study_comparison import read_study_comparison
from scaling_lab.cli import main
from scaling_lab.report.exports import build_export_tables
from scaling_lab.report.figures import load_figures

A, B, C = 0.4, 0.9, 0.5
RULES = ("compound", "depth")


@pytest.fixture(scope="module")
def folder(make_study, tmp_path_factory):
    """Losses 0.4 + 0.9 / sqrt(FLOPs) with little noise, higher by 0.1 for depth; accuracies that say nothing."""
    made = make_study(["resnet_small"], rules=RULES, times=(1, 2, 4, 8), seeds=range(3))
    table, rng = made.table(), np.random.default_rng(0)
    ratio = table["flops"] / table.loc[table["times_flops"] == 1, "flops"].iloc[0]
    loss = A + B * ratio**-C + 0.1 * ((table["rule"] == "depth") & (table["times_flops"] > 1))
    losses = dict(zip(table["key"], loss + rng.normal(0, 0.0005, len(table)), strict=True))
    results = {key: replace(result, test_loss=losses[key]) for key, result in made.results.items()}
    return replace(made, results=results).written(tmp_path_factory.mktemp("by_loss") / "study")


@pytest.fixture(scope="module")
def by_loss(folder):
    return read_study_comparison(folder, metric="loss")


def test_curves_and_gains_are_of_the_loss(by_loss):
    tables = build_export_tables(by_loss)
    curve = tables["curves"].set_index("rule").loc["compound"]
    assert (curve["a"], curve["c"]) == (pytest.approx(A, abs=0.03), pytest.approx(C, abs=0.05))
    gains = tables["gains"].set_index(["rule", "from_times"])
    assert gains.loc[("compound", 1), "gain"] == pytest.approx(B * (1 - 2**-C), abs=0.02)
    assert gains.loc[("depth", 1), "gain"] == pytest.approx(B * (1 - 2**-C) - 0.1, abs=0.02)
    for name in ("verdicts", "baseline_gains", "gains", "curves", "flops_saved"):
        assert set(tables[name]["metric"]) == {"loss"}, name
    verdicts = tables["verdicts"]
    assert set(verdicts["first"]) == {"compound"}
    assert verdicts["difference"].to_numpy(dtype=float) == pytest.approx(0.1, abs=0.02)
    assert (tables["accuracy"]["accuracy"] > 10).all()


def test_claims_by_loss_have_verdicts_where_loss_decides(by_loss):
    claims = build_export_tables(by_loss)["claims"]
    assert set(claims["on"]) == {"measured"}
    verdicts = claims.groupby("claim")["verdict"].agg(set)
    assert verdicts["activations"] == verdicts["latency"] == {"out of scope"}
    assert verdicts["diminishing returns"] == {"holds"}
    evidence = " ".join(claims.loc[claims["claim"] == "diminishing returns", "evidence"])
    assert "nats" in evidence
    assert "points" not in evidence
    assert claims["where"].str.endswith("; test loss").all()


def test_the_page_is_about_the_loss_and_says_so(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = ("differences", "scaling_curves")  # all figures take long
    monkeypatch.setattr(
        "scaling_lab.report.figures.drawing.load_figures",
        lambda *arguments, **settings: {kind: load_figures(*arguments, **settings)[kind] for kind in shown},
    )
    assert main(["report", str(folder), "--metric", "loss"]) == 0
    page = (tmp_path / "reports/study-loss/index.html").read_text()
    assert "Scaling study, by test loss" in page
    assert "nats, 95 % interval" in page
    assert "points, 95 % interval" not in page
    assert "loss = a + b FLOPs" in page
    assert "--metric loss" in page
    assert not (tmp_path / "reports/study").exists()
    for figure in shown:
        assert "test loss" in (tmp_path / f"reports/study-loss/files/{figure}.svg").read_text()
    assert "reports/study-loss" in capsys.readouterr().out


def test_published_numbers_are_refused_by_another_metric(folder, capsys):
    for verb in ("claims", "export"):
        assert main([verb, str(folder), "--metric", "loss", "--published"]) == 2
        assert "--published" in capsys.readouterr().err
    for option in (["--metric", "loss"], ["--delta", "0.5"], ["--clusters", "none.csv"]):
        assert main(["claims", *option]) == 2
        assert option[0] in capsys.readouterr().err


def test_clusters_change_intervals_of_every_command(make_study, tmp_path, capsys):
    made = make_study(["resnet_small"], rules=("depth", "width"), seeds=range(3))
    results = made.written(tmp_path / "study")
    images = int(made.table()["test_pictures"].iloc[0])
    clusters = tmp_path / "clusters.csv"
    clusters.write_text("index,cluster\n" + "".join(f"{index},{index // 4}\n" for index in range(images)))
    exported = {}
    for name, options in (("plain", []), ("clusters", ["--clusters", str(clusters)])):
        assert main(["export", str(results), "--as", "csv", "--to", str(tmp_path / name), *options]) == 0
        exported[name] = pd.read_csv(tmp_path / name / "verdicts.csv")
    assert list(exported["plain"]["difference"]) == list(exported["clusters"]["difference"])
    assert list(exported["plain"]["low"]) != list(exported["clusters"]["low"])
    clusters.write_text("index,cluster\n0,0\n1,1\n")
    for verb in ("claims", "report", "export", "compare"):
        capsys.readouterr()
        assert main([verb, str(results), "--clusters", str(clusters)]) == 2
        assert "clusters of 2" in capsys.readouterr().err


def test_latex_of_a_loss_has_its_unit(folder, tmp_path):
    assert main(["export", str(folder), "--metric", "loss", "--as", "latex", "--to", str(tmp_path)]) == 0
    for name in ("verdicts", "gains", "baseline_gains"):
        text = (tmp_path / f"{name}.tex").read_text()
        assert "nats" in text
        assert "points" not in text
