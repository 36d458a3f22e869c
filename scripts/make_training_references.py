"""Write tests/references/training.json: weights after fifty steps with timm's optimizers, schedules and averages.

Run in a virtual environment with torch, torchvision and timm (the project itself needs only torch):

    python scripts/make_training_references.py

Network, weights, batches and loop are those of tests/references/fifty_steps.py; the rest is timm's, assembled in
references/training.py. The file is computed in float64, so that rounding does not matter. It has, for each tensor, the
norm of its change over fifty steps and the change along one direction.

At the end the script trains with the project's own parts too, in float32 and in float64, and prints the largest
difference of a tensor relative to the norm of its change.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "tests" / "references" / "training.json"
sys.path.insert(0, str(ROOT))

from scaling_lab.config.hyperparameters import Hyperparameters  # noqa: E402
from scaling_lab.training.ema import EMA  # noqa: E402
from scaling_lab.training.lr_schedule import make_lr_scheduler  # noqa: E402
from scaling_lab.training.optimizers import make_optimizer  # noqa: E402
from scripts.references.training import Trained, with_timm  # noqa: E402
from tests.references import fifty_steps  # noqa: E402


def train_with_lab(recipe: Hyperparameters, dtype: torch.dtype) -> Trained:
    """Return losses, last weights and averaged weights of this project."""
    module = fifty_steps.module(dtype)
    by = make_optimizer(module, recipe)
    rates, average = make_lr_scheduler(by, recipe), EMA(module, recipe.ema)

    def after_step(_: int) -> None:
        rates.step()
        average.update(module)

    losses = fifty_steps.train(module, recipe, by, after_step)
    return losses, module.state_dict(), average.module.state_dict()


def largest_difference(recipe: Hyperparameters, dtype: torch.dtype) -> float:
    """Return the largest relative difference from timm over all tensors, last and averaged.

    It is the norm of the difference divided by the norm of the change in training.
    """
    start = fifty_steps.module(dtype).state_dict()
    pairs = zip(train_with_lab(recipe, dtype)[1:], with_timm(recipe, dtype)[1:], strict=True)
    return max(
        float((ours[name] - theirs[name]).double().norm() / (theirs[name] - start[name]).double().norm())
        for ours, theirs in pairs
        for name in fifty_steps.compared(start)
    )


def make_case(recipe: Hyperparameters) -> dict[str, Any]:
    """Return one case of the file."""
    start = fifty_steps.module(torch.float64).state_dict()
    losses, last, averaged = with_timm(recipe, torch.float64)
    weights, averages = fifty_steps.changes(start, last), fifty_steps.changes(start, averaged)
    return {"losses": [losses[0], losses[-1]], "weights": weights, "averaged": averages}


def format_json(value: Any, indent: str = "") -> str:
    """Return JSON with each list on one line."""
    if not isinstance(value, dict):
        return json.dumps(value)
    inner = indent + "  "
    fields = [f"{inner}{json.dumps(key)}: {format_json(own, inner)}" for key, own in value.items()]
    return "{\n" + ",\n".join(fields) + "\n" + indent + "}"


def main() -> None:
    """Write the file, then print the differences from timm."""
    torch.set_num_threads(1)
    libraries = f"timm {version('timm')}, torch {version('torch').partition('+')[0]}"
    cases = {name: make_case(recipe) for name, recipe in fifty_steps.CASES.items()}
    OUTPUT.write_text(format_json({"libraries": libraries} | cases) + "\n")
    for name, recipe in fifty_steps.CASES.items():
        single, double = (largest_difference(recipe, dtype) for dtype in (torch.float32, torch.float64))
        print(f"{name}: float32 {single:.1e}, float64 {double:.1e}", flush=True)


if __name__ == "__main__":
    main()
