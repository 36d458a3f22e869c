"""`scaling-lab settle`: the last command of a study's plan, with `do=settle`."""

import shutil
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from scaling_lab.cli import main, sweep

PLAN = Path(__file__).parents[2] / "results" / "rules-reference" / "plan.json"


@pytest.fixture
def composed(monkeypatch):
    """Return the settings of the last command, as Hydra reads them; nothing is trained."""
    settings = {}

    def read(verb, words):
        assert verb == "settle"
        parsed = OverridesParser.create().parse_overrides(list(words))
        settings.update({override.key_or_group: override.value() for override in parsed})
        assert len(settings) == len(words)
        return 0

    monkeypatch.setattr(sweep, "run_hydra", read)
    return settings


@pytest.mark.parametrize("parent", ["results", "my results", "a,b"])
def test_the_folder_and_the_options_reach_the_sweep(parent, composed, tmp_path):
    folder = tmp_path / parent / "mine"
    folder.mkdir(parents=True)
    shutil.copy(PLAN, folder)
    assert main(["settle", str(folder), "--delta", "0.5", "--max-seeds", "20"]) == 0
    assert composed["results"] == str(tmp_path / parent)
    assert {"name": "mine", "do": "settle", "delta": 0.5, "max_seeds": 20, "study": "rules"}.items() <= composed.items()
    assert "budget_hours" not in composed


def test_delta_is_needed(tmp_path, capsys):
    assert main(["settle", str(tmp_path)]) == 2
    assert "--delta" in capsys.readouterr().err
