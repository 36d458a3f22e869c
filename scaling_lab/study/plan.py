"""Questions to a plan: fit a network to each, drop duplicates, list the points that answer them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scaling_lab.config.sweep_options import REFUSE, SKIP
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.errors import UserErrors
from scaling_lab.formatting import pluralize
from scaling_lab.networks.module_network import AnyNetwork
from scaling_lab.networks.scaling.rounding import FITTED
from scaling_lab.networks.scaling.shares import Shares
from scaling_lab.networks.tags import UntaggedClassError
from scaling_lab.store.plan_schema import DataSource, Entry, Plan, Question, Skipped
from scaling_lab.store.schema import Point
from scaling_lab.study.display.planning import track
from scaling_lab.study.family_sources import family_sources
from scaling_lab.study.labels import question_label, varying_settings
from scaling_lab.study.resolve_question import InfeasibleError, QuestionSpec, adapt_baseline, try_question


@dataclass(frozen=True, eq=False)
class PlannedPoint:
    """A point to train.

    Attributes:
        point: the value that decides the key.
        question: the first question that it answers.
        dataset: data to train and test on.
        source: settings that `dataset` is built from.
        label: the question in a few words.
    """

    point: Point
    question: Question
    dataset: Dataset
    source: Mapping[str, Any]
    label: str

    @property
    def epochs(self) -> int:
        """Number of epochs of the training."""
        return -(-self.point.recipe.steps // (len(self.dataset.train) // self.point.recipe.batch))


@dataclass(frozen=True, eq=False)
class ScaledFamily:
    """A baseline with the rules of shares of a plan under `fitted`, and the side of the images."""

    baseline: AnyNetwork
    rules: dict[str, Shares]
    max_side: int


@dataclass(frozen=True, eq=False)
class Study:
    """A plan and its points.

    Attributes:
        plan: the questions, as they are stored.
        points: points by key, in the order of the plan.
        repeated: questions that occurred again and were dropped.
        families: baselines and rules of shares by name of the family.
    """

    plan: Plan
    points: dict[str, PlannedPoint]
    repeated: tuple[Question, ...]
    families: Mapping[str, ScaledFamily] = field(default_factory=dict)


def plan_study(
    name: str,
    overrides: Sequence[str],
    specs: Sequence[QuestionSpec],
    above_native: bool = False,
    infeasible: str = REFUSE,
) -> Study:
    """Return the study of these questions, in their order.

    Args:
        name: name of the study.
        overrides: the settings that the questions were made from, for the record.
        specs: the questions.
        above_native: allow input sides above the dataset's own.
        infeasible: "skip" leaves out questions that no network answers, or whose input side is above the dataset's own
            without `above_native`, unless all are; "refuse" raises for them.

    Raises:
        UserErrors: all infeasible questions that are not left out, all that no recipe answers, and two datasets of one
            name.
    """
    entries: dict[Question, Entry] = {}
    points: dict[str, tuple[Point, QuestionSpec]] = {}
    first_specs: dict[str, QuestionSpec] = {}  # by name of the dataset
    repeated: list[Question] = []
    refused: dict[str, list[Question]] = {}
    skipped: dict[str, list[Question]] = {}
    for spec in track(specs, "fitting networks", len(specs)):
        if spec.question in entries:
            repeated.append(spec.question)
        first = first_specs.setdefault(spec.dataset.name, spec)
        try:
            entry, point = _checked(spec, first.dataset, above_native)
        except (ValueError, UntaggedClassError) as error:
            is_skipped = isinstance(error, InfeasibleError) and infeasible == SKIP
            (skipped if is_skipped else refused).setdefault(_reason(error, infeasible), []).append(spec.question)
            continue
        entries[spec.question] = entry
        points.setdefault(entry.key, (point, replace(spec, dataset=first.dataset, source=first.source)))
    if refused or not entries:
        raise UserErrors(describe_refusals(refused or skipped))
    left_out = (Skipped(question, reason) for reason, questions in skipped.items() for question in questions)
    sources = (DataSource(name, dict(first.source)) for name, first in first_specs.items())
    plan = Plan(
        name,
        tuple(overrides),
        tuple(entries.values()),
        skipped=tuple(dict.fromkeys(left_out)),
        datasets=tuple(sources),
        families=family_sources(specs),
    )
    return Study(plan, _planned(points, varying_settings(entries)), tuple(repeated), _scaled_families(specs))


def _planned(points: Mapping[str, tuple[Point, QuestionSpec]], shown: Sequence[str]) -> dict[str, PlannedPoint]:
    return {
        key: PlannedPoint(point, spec.question, spec.dataset, spec.source, question_label(spec.question, shown))
        for key, (point, spec) in points.items()
    }


def _scaled_families(specs: Sequence[QuestionSpec]) -> dict[str, ScaledFamily]:
    families: dict[str, ScaledFamily] = {}
    for spec in specs:
        if isinstance(spec.rule, Shares) and spec.rounding is FITTED:
            scaled = ScaledFamily(adapt_baseline(spec), {}, spec.dataset.side)
            families.setdefault(spec.question.family, scaled).rules[spec.question.rule] = spec.rule
    return families


def _checked(spec: QuestionSpec, known: Dataset, above_native: bool) -> tuple[Entry, Point]:
    """Return the entry and point of a question. Raises ValueError if there is none or its dataset does not allow it."""
    if known.fingerprint != spec.dataset.fingerprint:
        raise ValueError(f"two different datasets are named {known.name!r}; rename one of them")
    entry, point = try_question(spec)
    if entry.side > spec.dataset.side and not above_native:
        raise InfeasibleError(
            f"side {entry.side} px is above the {spec.dataset.side} px of dataset {spec.dataset.name}; "
            "allow upscaled images with above_native=true"
        )
    return entry, point


def _reason(error: Exception, infeasible: str) -> str:
    is_to_skip = isinstance(error, InfeasibleError) and infeasible == REFUSE
    return f"{error}; leave out such questions with infeasible={SKIP}" if is_to_skip else str(error)


def describe_refusals(refused: Mapping[str, Sequence[Question]]) -> list[str]:
    """Return a line for each reason, with the questions that it holds for."""
    return [f"{_summary(questions)}: {reason}" for reason, questions in refused.items()]


def _summary(questions: Sequence[Question]) -> str:
    more = len(set(questions)) - 1
    return question_label(questions[0]) + (f" and {pluralize(more, 'more question')}" if more else "")
