"""`scaling-lab sweep` and `scaling-lab plan`: the same as run_sweep.py, from any folder."""

from collections.abc import Sequence
from typing import Any

from scaling_lab.cli.arguments import make_parser

HYDRA_VERBS = ("sweep", "plan")
COMPLETED_GROUPS = ("family", "rule", "dataset", "recipe", "engine", "study")
OVERRIDES = """\
SETTING=VALUES sets or sweeps a setting: several values separated by commas, or range(0,5).
Groups: family, rule, dataset, recipe, engine, study; `scaling-lab ls` lists their names.
All settings with their values: scaling-lab sweep --cfg job."""
SWEEP_EXAMPLES = """\
scaling-lab sweep study=quick
scaling-lab sweep family=resnet18_small rule=depth,width times_flops=1,2 'seed=range(0,3)' name=mine
scaling-lab sweep family=resnet18_small rule=compound recipe.epochs=10 name=longer workers=4
scaling-lab sweep study=quick engine=slurm engine.partition=gpu"""
PLAN_EXAMPLES = """\
scaling-lab plan study=quick
scaling-lab plan family=resnet18_small rule=depth,width times_flops=1,2 'seed=range(0,3)' name=mine"""


def add_sweep(commands: Any) -> None:
    """Add the parser of `sweep`."""
    _add(commands, "sweep", "train every network of a study that has no result yet, and report", SWEEP_EXAMPLES)


def add_plan(commands: Any) -> None:
    """Add the parser of `plan`."""
    _add(commands, "plan", "show what a sweep would train and how long it takes, without training", PLAN_EXAMPLES)


def run_hydra(verb: str, words: Sequence[str]) -> int:
    """Compose the settings with Hydra, plan or train, and return the exit code. Raises UserError and SystemExit."""
    from hydra_plugins.scaling_lab_plugins.front_door import compose_and_run

    return compose_and_run([*words, "do=plan"] if verb == "plan" else words)


def _add(commands: Any, name: str, summary: str, examples: str) -> None:
    parser = make_parser(commands, name, summary, examples, usage=f"scaling-lab {name} [SETTING=VALUES ...]")
    parser.description = f"{parser.description}\n\n{OVERRIDES}"
    overrides = parser.add_argument("overrides", nargs="*", metavar="SETTING=VALUES", help="see above")
    overrides.completer = _complete  # type: ignore[attr-defined]


def _complete(prefix: str, **_: Any) -> list[str]:
    """Return completions of an override: `fam` to `family=`, and `rule=depth,wi` to `rule=depth,width`."""
    from scaling_lab.config.registry import COMMON_SETTINGS, list_names

    group, equals, values = prefix.partition("=")
    if not equals:
        settings = [f"{name}.{key}=" for name, keys in COMMON_SETTINGS.items() for key in keys]
        return [*(f"{name}=" for name in COMPLETED_GROUPS), *settings]
    before, comma, _last = values.rpartition(",")
    return [f"{group}={before}{comma}{name}" for name in list_names(group)] if group in COMPLETED_GROUPS else []
