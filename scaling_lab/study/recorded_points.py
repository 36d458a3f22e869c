"""Finished points of a study, and what was trained: from the result file, else from the question and conf/. No torch.

What a point is rebuilt to must have its key, so that nothing else is trained under its name.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from scaling_lab.config import registry
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.errors import UserError
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import ROUNDINGS
from scaling_lab.store.plan_schema import Entry, FamilySource, Question
from scaling_lab.store.rebuild import rebuild_point
from scaling_lab.store.schema import Point, Result
from scaling_lab.study.family_sources import find_recorded_family
from scaling_lab.study.labels import question_label
from scaling_lab.study.option_names import option
from scaling_lab.study.resolve_question import QuestionSpec, resolve_question

if TYPE_CHECKING:
    import pandas as pd

SIZES = ("flops", "params", "activations", "depths", "widths", "side")


@dataclass(frozen=True, eq=False)
class RecordedPoint:
    """A finished point as its results folder has it.

    Attributes:
        entry: First entry of the plan that it answers.
        row: Its row in the table; values that are missing there are absent.
        result: Its result; None if the snapshot stands alone.
        families: Families of the plan that are files.
    """

    entry: Entry
    row: Mapping[str, Any]
    result: Result | None
    families: tuple[FamilySource, ...] = ()

    @property
    def label(self) -> str:
        """The question in a few words."""
        return question_label(self.entry.question)


def choose_rows(
    table: "pd.DataFrame", sample: int, seed: int, point: str | None = None, cheapest: bool = False
) -> "pd.DataFrame":
    """Return the rows of some finished points, one per point.

    Args:
        table: Table of the study.
        sample: Number of points; all if there are fewer.
        seed: Seed of the random choice. The choice does not depend on the order of the table.
        point: Key of the only point, or beginning of a key; None chooses at random.
        cheapest: Choose the points that were trained in the shortest time instead.

    Raises:
        UserError: No finished point, no point with this key, or several; or a sample below 1.
    """
    if sample < 1:
        raise UserError(f"sample is {sample}; must be at least 1")
    rows = table[table["state"] == "done"].drop_duplicates("key")
    if rows.empty:
        raise UserError("the study has no finished point")
    if point is not None:
        rows = rows[rows["key"].str.startswith(point)] if point else rows.iloc[:0]
        if len(rows) != 1:
            reason = f"{len(rows)} finished points have keys that begin with" if len(rows) else "no finished point has"
            raise UserError(f"{reason} {point!r}; name one with {option('point', 'KEY')}, as in table.csv")
        return rows
    if cheapest:
        return rows.sort_values(["point_seconds", "key"]).head(sample)
    keys = sorted(rows["key"])
    chosen = random.Random(seed).sample(keys, min(sample, len(keys)))  # noqa: S311 - no secret
    return rows.set_index("key", drop=False).loc[chosen]


def rebuild_recorded(recorded: RecordedPoint, dataset: Dataset) -> Point:
    """Return what was trained. Its key is that of the entry.

    Args:
        recorded: The finished point.
        dataset: The dataset that its question names; the name may differ, the images may not.

    Raises:
        UserError: The images are others, or what is trained has changed since.
    """
    if recorded.result is None:
        return _ask_again(recorded, dataset)
    try:
        point = rebuild_point(recorded.result)
    except ValueError as error:
        raise UserError(f"{recorded.label} cannot be trained again: {error}") from None
    if dataset.fingerprint != point.data.fingerprint:
        raise UserError(
            f"the dataset {dataset.name} has the fingerprint {dataset.fingerprint}; {recorded.label} was trained on "
            f"{point.data.name} with {point.data.fingerprint}: these are other images, or other parts of them"
        )
    return point


def _ask_again(recorded: RecordedPoint, dataset: Dataset) -> Point:
    """Return the point of the question, resolved again with the files in conf/."""
    entry, question = recorded.entry, recorded.entry.question
    spec = QuestionSpec(
        question=question,
        baseline=_build_family(recorded),
        rule=_build_rule(question),
        rounding=ROUNDINGS[question.rounding],
        dataset=dataset,
        recipe=_build("recipe", question.recipe),
        source={},
    )
    now, point = resolve_question(spec)
    point = replace(point, data=replace(point.data, name=question.dataset))
    if point.key == entry.key:
        return point
    changed = [name for name in SIZES if getattr(now, name) != getattr(entry, name)]
    if changed:
        numbers = (f"{name} {_shown(getattr(entry, name))}, now {_shown(getattr(now, name))}" for name in changed)
        reason = f"its family or rule has changed since: {'; '.join(numbers)}"
    else:
        reason = (
            f"the network is the same, so its recipe {question.recipe} has changed since, or the images of "
            f"{dataset.name} (fingerprint {dataset.fingerprint}) are others"
        )
    raise UserError(f"{recorded.label} has the key {entry.key}, but what would be trained has {point.key}: {reason}")


def _build(group: str, display_name: str) -> Any:
    name, changes = registry.parse_display_name(display_name)
    return registry.build_value(group, registry.read_yaml(group, name) | changes, name)


def _build_family(recorded: RecordedPoint) -> Any:
    name = recorded.entry.question.family
    settings = find_recorded_family(recorded.families, name)
    return _build("family", name) if settings is None else registry.build_value("family", settings, name)


def _build_rule(question: Question) -> Any:
    if question.times_flops is not None:
        return _build("rule", question.rule)
    return Multipliers(**{name: getattr(question, name) for name in ("d", "w", "r")})


def _shown(value: Any) -> str:
    return "-".join(map(str, value)) if isinstance(value, Sequence) else str(value)
