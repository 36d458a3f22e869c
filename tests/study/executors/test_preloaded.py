"""Everything that a point needs is loaded before the first worker starts: no later edit changes a point."""

import subprocess
import sys
from pathlib import Path

LATER = """
import importlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from scaling_lab.study.executors.fork_server import PRELOADED

for name in PRELOADED:
    importlib.import_module(name)
from scaling_lab.networks.families.efficientnet import efficientnet_b0_small  # the point's, pickled with it
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.study.executors.worker import train_with_lease
from scaling_lab.config.recipe import Recipe
from scaling_lab.store.schema import DataRef, Point, Result
from scaling_lab.config.hyperparameters import resolve_hyperparameters
from scaling_lab.store.results import Store
from scaling_lab.config.execution import ExecutionOptions

before = set(sys.modules)
part = Split(np.arange(8 * 432, dtype=np.uint8).reshape(8, 3, 12, 12), np.arange(8) % 3)
network = replace(efficientnet_b0_small(), side=8, channels=3, classes=3)
recipe = Recipe(epochs=2, batch=8, ema=0.9, mixup=0.2, cutmix=0.2, erase=0.5, policy="randaugment", drop_path=0.1)
Store(Path(sys.argv[1])).open_for_writing()
point = Point(network, DataRef("made_up", "0"), resolve_hyperparameters(recipe, network, 8), 0)
pictures, folder = InMemoryDataset("made_up", 3, part, part, part), Path(sys.argv[1])
outcome = train_with_lease("cpu", point, pictures, folder, ExecutionOptions(checkpoint_minutes=0), 0)
assert isinstance(outcome, Result), outcome
print(*(name for name in sys.modules if name not in before and name.startswith(("scaling_lab", "kornia"))))
"""


def test_nothing_of_the_package_is_imported_when_a_point_is_trained(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", LATER, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)  # noqa: S603
    assert (ended.returncode, ended.stdout.split()) == (0, []), ended.stderr
