"""The command that trains one point of a study alone, with every setting of its question."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from scaling_lab.config import registry
from scaling_lab.config.sweep_options import MAX_NAME_BYTES
from scaling_lab.errors import UserError
from scaling_lab.modules.names import MODULE
from scaling_lab.store.plan_schema import Entry, Plan
from scaling_lab.study.family_sources import find_recorded_family
from scaling_lab.study.overrides import format_override
from scaling_lab.study.recorded_dataset import find_recorded_dataset

PROGRAM = ("python", "run_sweep.py")
NO_PROVENANCE: Mapping[str, Any] = {}


def point_command(plan: Plan, entry: Entry, provenance: Mapping[str, Any] = NO_PROVENANCE) -> str:
    """Return the command line that trains the point of a plan's entry, ready for a shell.

    It gives the same key as long as the files in conf/ that it names have the values that they had.

    Args:
        plan: Plan of the study.
        entry: Entry of the point.
        provenance: Provenance of its result, or its row in the table; device, `compiled` and the number of
            processes are taken from it.
    """
    name = f"{plan.study.encode()[: MAX_NAME_BYTES - len(entry.key) - 1].decode(errors='ignore')}-{entry.key}"
    words = [*_search_path(plan), f"name={name}", *_question_overrides(plan, entry), *_dataset_overrides(plan, entry)]
    if _allows_above_native(plan):
        words.append("above_native=true")
    if "trust=true" in _words(plan):
        words.append("trust=true")
    device = str(provenance.get("device") or "cpu").partition(",")[0]
    words.append(format_override("device", (device,)))
    words += _step_overrides(provenance)
    return shlex.join([*PROGRAM, *words])


def _step_overrides(provenance: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is not part of the question and changes the bits of a training."""
    if provenance.get("compiled") is True:
        yield "compiled=true"
    if (processes := provenance.get("processes") or 1) > 1:
        yield format_override("engine.processes_per_point", (int(processes),))
    if provenance.get("sync_batch_norm") is True:
        yield "engine.sync_batch_norm=true"


def _question_overrides(plan: Plan, entry: Entry) -> Iterator[str]:
    question = entry.question
    yield from _family_overrides(plan, question.family)
    yield from _choice_overrides("rule", question.rule)
    if question.times_flops is None:
        for name in ("d", "w", "r"):
            yield format_override(f"rule.{name}", (_short(getattr(question, name)),))
    else:
        yield format_override("rounding", (question.rounding,))
        yield format_override("times_flops", (_short(question.times_flops),))
    yield format_override("seed", (question.seed,))
    yield format_override("lr_times", (_short(question.lr_times),))
    yield from _choice_overrides("recipe", question.recipe)


def _family_overrides(plan: Plan, display_name: str) -> Iterator[str]:
    settings = find_recorded_family(plan.families, display_name)
    if settings is None:
        yield from _choice_overrides("family", display_name)
        return
    usual = registry.read_yaml("family", MODULE)
    yield format_override("family", (MODULE,))
    yield from _setting_overrides("family", MODULE, [item for item in settings.items() if item not in usual.items()])


def _choice_overrides(group: str, display_name: str) -> Iterator[str]:
    name, changes = registry.parse_display_name(display_name)
    yield format_override(group, (name,))
    yield from _setting_overrides(group, name, changes.items())


def _dataset_overrides(plan: Plan, entry: Entry) -> Iterator[str]:
    recorded = find_recorded_dataset(plan, entry.question.dataset)
    if recorded is None:
        yield format_override("dataset", (entry.question.dataset,))
        return
    yield format_override("dataset", (recorded.choice,))
    yield from _setting_overrides("dataset", recorded.choice, recorded.changes.items())


def _setting_overrides(group: str, name: str, changes: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """Yield settings inside a group. Hydra requires a plus for those that the YAML file leaves out."""
    usual: Mapping[str, Any] = {}
    with suppress(UserError):
        usual = registry.read_yaml(group, name)
    for key, value in changes:
        plus = "" if key in usual or key in registry.COMMON_SETTINGS.get(group, ()) else "+"
        yield plus + format_override(f"{group}.{key}", (value,))


def _search_path(plan: Plan) -> Iterator[str]:
    """Yield the folders of the user's own groups, as the last command named them."""
    yield from (word for word in plan.asked if word.startswith("hydra.searchpath="))


def _allows_above_native(plan: Plan) -> bool:
    words = _words(plan)
    studies = [word.partition("=")[2] for word in words if word.startswith("study=")]
    known = [name for name in studies if name in registry.list_names("study")]
    in_study = any(registry.read_yaml("study", name).get("above_native") is True for name in known)
    return in_study or "above_native=true" in words


def _words(plan: Plan) -> set[str]:
    """Return the settings of all commands of a plan."""
    return {word for command in plan.commands for word in command}


def _short(number: float) -> int | float:
    return int(number) if float(number).is_integer() else number
