"""Questions to a plan: what each comes to, the points that answer them, nothing asked or trained twice."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from scaling_lab.config.hyperparameters import resolve_hyperparameters as resolve_recipe
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.errors import UserError, UserErrors
from scaling_lab.formatting import pluralize
from scaling_lab.networks.costs.cost import cost
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.fit import FittedNetwork, fit_network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import PAPER, Rounding
from scaling_lab.networks.scaling.scale import ScalingRule
from scaling_lab.store.schema import DataRef, Entry, Plan, Point, Question
from scaling_lab.sweep.status import first_questions


@dataclass(frozen=True, eq=False)
class QuestionSpec:
    """A question and the values that it is about. `baseline` has any number of classes and channels: the data set's are
    put in when it is resolved. source: what `pictures` are made from, as in their yaml, for another machine."""

    question: Question
    baseline: Network
    rule: ScalingRule | Multipliers
    rounding: Rounding
    pictures: Dataset
    recipe: Recipe
    source: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Study:
    """A plan, the points behind it by key in the plan's order, their data sets by name, what these are made from, and
    the questions that were asked a second time and dropped."""

    plan: Plan
    points: dict[str, Point]
    pictures: dict[str, Dataset]
    sources: dict[str, Mapping[str, Any]]
    repeated: tuple[Question, ...]

    @cached_property
    def questions(self) -> dict[str, Question]:
        """The first question that each point answers, by key."""
        return first_questions(self.plan)


def plan_study(name: str, asked: Sequence[str], asks: Iterable[QuestionSpec], above_native: bool = False) -> Study:
    """The study of these questions, in their order.

    Raises UserErrors, all of them at once and each with its question: for one that has no network, or whose network
    wants
    pictures larger than the data set's when not `above_native`; and for two data sets of one name.
    """
    entries: dict[Question, Entry] = {}
    points: dict[str, Point] = {}
    pictures: dict[str, Dataset] = {}
    sources: dict[str, Mapping[str, Any]] = {}
    repeated: list[Question] = []
    wrong: dict[str, list[Question]] = {}
    for ask in asks:
        if ask.question in entries:
            repeated.append(ask.question)
        known = pictures.setdefault(ask.pictures.name, ask.pictures)
        sources.setdefault(ask.pictures.name, ask.source)
        try:
            entry, point = _fits(ask, known, above_native)
        except ValueError as error:
            wrong.setdefault(str(error), []).append(ask.question)
            continue
        entries[ask.question] = entry
        points.setdefault(entry.key, point)
    if wrong:
        raise UserErrors(f"{_several(questions)}: {why}" for why, questions in wrong.items())
    plan = Plan(name, tuple(asked), tuple(entries.values()))
    return Study(plan, points, pictures, sources, tuple(repeated))


def _fits(ask: QuestionSpec, known: Dataset, above_native: bool) -> tuple[Entry, Point]:
    """What the question comes to. ValueError when nothing does, or nothing that its data set allows."""
    if known.fingerprint != ask.pictures.fingerprint:
        raise ValueError(f"two data sets are called {known.name}; a study cannot tell them apart: rename one of them")
    entry, point = _resolved(ask)
    if entry.side > ask.pictures.side and not above_native:
        raise ValueError(
            f"side {entry.side} px is above the {ask.pictures.side} px that {ask.pictures.name} has; "
            "above_native=true enlarges the pictures"
        )
    return entry, point


def _several(questions: Sequence[Question]) -> str:
    """The first of them, and how many more there are."""
    more = len(set(questions)) - 1
    return question_label(questions[0]) + (f" and {pluralize(more, 'more question')}" if more else "")


def resolve_question(ask: QuestionSpec) -> tuple[Entry, Point]:
    """What a question comes to. Raises UserError, naming the question, when no network or no recipe answers it."""
    try:
        return _resolved(ask)
    except ValueError as error:
        raise UserError(f"{question_label(ask.question)}: {error}") from None


def _resolved(ask: QuestionSpec) -> tuple[Entry, Point]:
    question, pictures = ask.question, ask.pictures
    baseline = replace(ask.baseline, classes=pictures.classes, channels=pictures.channels)
    fitted = _fit(baseline, ask.rule, question.times_flops, ask.rounding)
    asked_recipe = replace(ask.recipe, lr=ask.recipe.lr * question.lr_times)
    recipe = resolve_recipe(asked_recipe, fitted.network, len(pictures.train))
    point = Point(fitted.network, DataRef(pictures.name, pictures.fingerprint), recipe, question.seed)
    return _entry(question, point, fitted), point


def network_label(question: Question) -> str:
    """The question in a few words, without its seed: `efficientnet_b0_small compound 2x`."""
    lr = "" if question.lr_times == 1 else f" lr {question.lr_times:g}x"
    if question.times_flops is None:
        return f"{question.family} {question.rule} d={question.d:g} w={question.w:g} r={question.r:g}{lr}"
    budget = "baseline" if question.times_flops == 1 else f"{question.rule} {question.times_flops:g}x"
    return f"{question.family} {budget}{lr}" + (" paper" if question.rounding == PAPER.name else "")


def question_label(question: Question) -> str:
    """The question in a few words: `efficientnet_b0_small compound 2x seed 1`."""
    return f"{network_label(question)} seed {question.seed}"


def point_labels(study: Study) -> dict[str, str]:
    """The first question that each point answers in a few words, by key."""
    return {key: question_label(question) for key, question in study.questions.items()}


_fit: Callable[..., FittedNetwork] = lru_cache(maxsize=10_000)(fit_network)


def _entry(question: Question, point: Point, fitted: FittedNetwork) -> Entry:
    network, spent = point.network, cost(point.network)
    return Entry(
        question=question,
        key=point.key,
        flops=spent.flops,
        flops_fvcore=spent.flops_fvcore,
        params=spent.params,
        activations=spent.activations,
        depths=network.depths,
        widths=network.widths,
        side=network.side,
        times_flops_got=fitted.times_flops,
        d_got=fitted.obtained.d,
        w_got=fitted.obtained.w,
        r_got=fitted.obtained.r,
    )
