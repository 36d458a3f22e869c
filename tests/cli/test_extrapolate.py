"""`scaling-lab extrapolate` and `lab.extrapolate` on studies with and without enough budgets."""

import pytest

import scaling_lab as lab
from scaling_lab.cli import main
from scaling_lab.formatting import TIMES

BUDGETS = (1, 2, 4, 8)


@pytest.fixture(scope="module")
def folder(make_study, tmp_path_factory):
    """Two rules at four budgets; `width` is far from any form at its largest."""
    study = make_study(["resnet_small"], rules=["depth", "width"], times=BUDGETS, seeds=range(3), accuracy=planned)
    return study.written(tmp_path_factory.mktemp("results"))


def planned(entry):
    times = entry.question.times_flops
    falls = 0.3 if (entry.question.rule, times) == ("width", 8) else 0.0
    return 1 - 0.45 * times**-0.25 - falls + 0.004 * (entry.question.seed - 1)


def test_every_prediction_is_printed(folder, capsys):
    assert main(["extrapolate", str(folder)]) == 0
    output = capsys.readouterr().out
    table = lab.extrapolate(folder)
    combined = table[(table["form"] == "combined") & table["miss"].notna()]
    rows = [line for line in output.splitlines() if " combined " in line and TIMES in line]
    assert len(rows) == len(combined) == 2
    for row, (_, values) in zip(rows, combined.iterrows(), strict=True):
        assert row.split()[0] == values["rule"]
        assert f"{values['predicted']:.1f} %" in row
        assert f"{values['measured']:.1f} %" in row
    assert combined.set_index("rule")["covered"].to_dict() == {"depth": True, "width": False}
    assert "width by \N{MINUS SIGN}" in " ".join(output.split())


def test_every_form_on_request(folder, capsys):
    assert main(["extrapolate", str(folder), "--forms"]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if f"{TIMES}  " in line]
    table = lab.extrapolate(folder)
    assert len(rows) == len(table[table["predicted"].notna()])
    assert table.attrs["sentences"]


def test_too_few_budgets(make_study, tmp_path, capsys):
    folder = make_study(["resnet_small"], seeds=range(3)).written(tmp_path / "results")
    assert main(["extrapolate", str(folder)]) == 0
    assert "three budgets" in capsys.readouterr().out
    assert lab.extrapolate(folder).empty


def test_mistakes(tmp_path, capsys):
    assert main(["extrapolate", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err
