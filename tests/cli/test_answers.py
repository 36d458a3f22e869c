"""`compare`, `claims` and `export` on damaged folders: everything wrong is reported, nothing else is lost."""

import json

import pytest

from scaling_lab.cli import main
from scaling_lab.store.results import Store


@pytest.fixture
def damaged(make_study, on_device, tmp_path):
    """Results of two devices, a truncated file, a failure and a missing point."""
    study = on_device(make_study(["resnet_small", "mobilenet_v1_small"], seeds=range(3)), "cuda")
    folder = study.written(tmp_path / "results")
    keys = list(study.results)
    cut, failed, missing = (folder / "points" / f"{key}.json" for key in keys[4:7])
    cut.write_text(cut.read_text()[:200])
    failed.unlink()
    Store(folder).add_failure(keys[5], "the loss is not a number")
    missing.unlink()
    return folder


@pytest.mark.parametrize("verb", [["compare"], ["compare", "--equal", "params"], ["claims"], ["export"]])
def test_everything_wrong_is_reported(damaged, verb, capsys, tmp_path):
    to = ["--to", str(tmp_path / "exports")] if verb == ["export"] else []
    assert main([verb[0], str(damaged), *verb[1:], *to, "--mixed-devices"]) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "1 file cannot be read" in output
    assert "1 of 30 points failed." in output
    assert "2 of 30 points have no result." in output
    assert "2 devices (cpu, cuda)" in output


def test_every_family_is_compared(damaged, capsys):
    assert main(["compare", str(damaged), "--mixed-devices", "--details"]) == 0
    output = capsys.readouterr().out
    for family in ("resnet_small", "mobilenet_v1_small"):
        assert f"{family} at 2" in output
    assert "Not all requested seeds" in output


@pytest.mark.parametrize("verb", ["compare", "claims", "export", "report"])
def test_two_devices_need_permission(damaged, verb, capsys):
    assert main([verb, str(damaged)]) == 2
    assert "(cpu, cuda)" in capsys.readouterr().err


@pytest.mark.parametrize("plan", ["{", "[]", '{"study": 3}', json.dumps({"name": "another project"})])
def test_a_folder_of_another_project_is_not_a_study(plan, capsys, tmp_path):
    (tmp_path / "plan.json").write_text(plan)
    assert main(["compare", str(tmp_path)]) == 2
    assert "cannot be read as a plan" in capsys.readouterr().err


def test_no_results_at_all(make_study, tmp_path, capsys):
    study = make_study(["resnet_small"])
    study.results.clear()
    folder = study.written(tmp_path / "results")
    assert main(["compare", str(folder)]) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert output.count("no rule has a finished result here.") == 1
    assert "10 of 10 points have no result." in output


def test_contrasts_that_come_after_the_results_are_no_plan(make_study, tmp_path, capsys, monkeypatch):
    folder = make_study(["resnet_small"], seeds=range(3)).written(tmp_path / "results")
    assert main(["compare", str(folder), "--contrasts", "compound-depth", "--delta", "1.5"]) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "not planned " not in output.replace("were not planned", "")
    assert output.count("--all") == 1
    assert "Holm's correction for 1 pair." in output
    assert output.count("set when 15 points had a result") == 2
    assert main(["compare", str(folder), "--contrasts", "compound-depth", "--delta", "1.5", "--all"]) == 0
    assert " ".join(capsys.readouterr().out.split()).count("not planned") >= 5
    monkeypatch.setattr("scaling_lab.report.drawings.draw_all", lambda *_: [])
    options = ["--contrasts", "compound-depth", "--delta", "1", "--to", str(tmp_path / "p")]
    assert main(["report", str(folder), *options]) == 0
    page = (tmp_path / "p/index.html").read_text()
    assert page.count("set when 15 points had a result") == 2
    assert "to tell 1 point apart" in page
    assert "no planned contrast" in page


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--delta", "0"], "delta is 0.0"),
        (["--delta", "nan"], "delta is nan"),
        (["--delta", "half"], "--delta"),
        (["--contrasts", "compund-depth"], "did you mean compound?"),
        (["--contrasts", "compound"], "'compound'"),
    ],
)
@pytest.mark.parametrize("verb", ["compare", "export"])
def test_options_of_verdicts_are_checked(verb, options, message, make_study, tmp_path, capsys):
    folder = make_study(["resnet_small"], seeds=[0]).written(tmp_path / "results")
    assert main([verb, str(folder), *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
