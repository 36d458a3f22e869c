"""A study of several grids of questions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import scaling_lab as lab
from hydra_plugins.scaling_lab_plugins.front_door import hydra_main
from scaling_lab.config import registry
from scaling_lab.errors import UserError

RAGGED = """# @package _global_
# Depth to four times, resolution to one and a half
hydra:
  sweeper:
    params: {family: resnet18_small, rule: "depth,width", times_flops: "1,2,4", seed: "0,1"}
    also:
      - {rule: resolution, times_flops: "1,1.5"}
      - {rule: "depth,compound", rule.alpha: "1.1,1.3", times_flops: 2}
"""


@pytest.fixture
def ragged(tmp_path: Path) -> Iterator[Path]:
    """Return a folder of a user's own with the study ragged."""
    (tmp_path / "conf" / "study").mkdir(parents=True)
    (tmp_path / "conf" / "study" / "ragged.yaml").write_text(RAGGED)
    yield tmp_path / "conf"
    registry.set_search_path([])


def test_a_command_with_grids_records_the_axes_that_all_of_them_have(
    ragged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the recorded command would set the axes of the first grid in every grid."""
    recorded: list[str] = []

    def record(_name: str, overrides: list[str], *_: object) -> None:
        recorded.extend(overrides)
        raise UserError("recorded")

    monkeypatch.setattr("scaling_lab.study.assemble.plan_study", record)
    assert hydra_main(["study=ragged", "do=status", "--config-dir", str(ragged)]) == 2
    axes = {"study=ragged", "family=resnet18_small", "seed=0,1"}
    assert set(recorded) == {f"hydra.searchpath=[file://{ragged}]", *axes, "do=status"}


def test_a_study_is_the_union_of_its_grids(ragged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a further grid does not name it has from the first; a question of two grids is asked once. 16 points, for
    1x of every rule is the baseline."""
    where = ["study=ragged", "do=plan", f"results={tmp_path}/r", f"reports={tmp_path}/p"]
    assert hydra_main([*where, "--config-dir", str(ragged)]) == 0
    out = capsys.readouterr().out
    assert "ragged: 20 questions, 16 points" in out
    assert "duplicate" not in out
    assert hydra_main([*where, f"hydra.searchpath=[file://{ragged}]"]) == 0
    assert capsys.readouterr().out == out
    registry.set_search_path([registry.CONF, ragged])
    study = lab.plan(study="ragged")
    overrides = study._study.plan.asked
    assert "seed=0,1" in overrides
    assert not any(override.startswith(("rule=", "times_flops=")) for override in overrides)
    rows = study.questions.groupby("rule").size()
    assert rows.to_dict() == {
        "compound(alpha=1.1)": 2,
        "compound(alpha=1.3)": 2,
        "depth": 6,
        "resolution": 4,
        "width": 6,
    }
    assert study.missing == 16
    assert len(lab.plan(study="ragged", seed=7, times_flops=2).questions) == 5  # each axis given, in every grid
