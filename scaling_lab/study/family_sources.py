"""Families of a plan that are files of the user's: short names that tell them apart, and where they are. No torch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from scaling_lab.errors import UserErrors
from scaling_lab.formatting import join_words, pluralize
from scaling_lab.modules.factory import Factory
from scaling_lab.modules.names import code_label
from scaling_lab.networks.module_network import ModuleNetwork
from scaling_lab.store.plan_schema import FamilySource, Plan
from scaling_lab.study.resolve_question import QuestionSpec

SHOWN_DIGITS = 8  # of a digest


def distinguish_families(specs: Sequence[QuestionSpec]) -> list[QuestionSpec]:
    """Add the digest of its source to the name of each family that is not the only code of that name."""
    digests: dict[str, set[str]] = {}
    for spec in specs:
        digests.setdefault(spec.question.family, set()).add(_digest(spec))
    return [spec if len(digests[spec.question.family]) == 1 else _with_digest(spec) for spec in specs]


def _with_digest(spec: QuestionSpec) -> QuestionSpec:
    name, bracket, settings = spec.question.family.partition("(")
    shown = f"source={_digest(spec)[:SHOWN_DIGITS]}"
    family = f"{name}({shown}, {settings}" if bracket else f"{name}({shown})"
    return replace(spec, question=replace(spec.question, family=family))


def family_sources(specs: Iterable[QuestionSpec]) -> tuple[FamilySource, ...]:
    """Return the families that are files, each once."""
    files = {spec.question.family: spec for spec in specs if "path" in spec.family and code_label(spec.family)}
    return tuple(FamilySource(name, dict(spec.family), _digest(spec)) for name, spec in files.items())


def find_recorded_family(families: Iterable[FamilySource], name: str) -> Mapping[str, Any] | None:
    """Return the settings of a family of a plan that is a file; None for others, and for plans that do not say."""
    return next((source.settings for source in families if source.name == name), None)


def check_same_sources(stored: Plan, plan: Plan) -> None:
    """Raise UserErrors if a family of a plan is other code, of another file, than that of its name in the stored plan.

    A file that was edited keeps its name: its questions are asked again, with other keys.
    """
    known = {source.name: source for source in stored.families}
    pairs = [(known[source.name], source) for source in plan.families if source.name in known]
    if messages := [
        f"family {new.name} is {new.settings['path']}, and {old.settings['path']} in the plan of this folder; rename "
        "the function or its file, or choose another name=..."
        for old, new in pairs
        if old.digest != new.digest and _file(old) != _file(new)
    ]:
        raise UserErrors(messages)


def edited_sources(stored: Plan, plan: Plan, finished: Collection[str]) -> str | None:
    """Return a sentence on earlier results of which the file was edited since; None if there are none.

    Args:
        stored: The plan of the results folder.
        plan: The new one.
        finished: Keys of the points with a result.
    """
    versions: dict[tuple[Path, Any], set[str]] = {}
    for source in plan.families:
        versions.setdefault(_function(source), set()).add(source.digest)
    unused = {entry.key: entry.question.family for entry in stored.entries if entry.key in finished}
    for entry in plan.entries:
        unused.pop(entry.key, None)
    parts = []
    for source in stored.families:
        digests, results = versions.get(_function(source)), list(unused.values()).count(source.name)
        if digests and source.digest not in digests and results:
            now = join_words(digest[:SHOWN_DIGITS] for digest in sorted(digests))
            parts.append(
                f"{pluralize(results, 'result')} of {source.name} with version {source.digest[:SHOWN_DIGITS]} of "
                f"{_file(source).name}, which now is {now}"
            )
    return f"not used: {'; '.join(parts)}; its points are trained again" if parts else None


def _function(source: FamilySource) -> tuple[Path, Any]:
    return _file(source), source.settings.get("factory")


def _file(source: FamilySource) -> Path:
    return Path(str(source.settings["path"])).expanduser().absolute()


def _digest(spec: QuestionSpec) -> str:
    network = spec.baseline
    is_code = isinstance(network, ModuleNetwork) and isinstance(network.factory, Factory)
    return network.factory.digest if is_code else ""  # type: ignore[union-attr]
