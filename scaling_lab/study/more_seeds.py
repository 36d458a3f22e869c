"""Further seeds of a study's questions. The network of a question does not depend on the seed, so nothing is fitted."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from scaling_lab.store.plan_schema import Entry, Plan, Question
from scaling_lab.study.plan import PlannedPoint, Study


def without_seed(question: Question) -> Question:
    """Return a question with seed 0, which stands for all its seeds."""
    return replace(question, seed=0)


def seeds_by_question(plan: Plan) -> dict[Question, set[int]]:
    """Return the seeds of each question (`without_seed`), in the order of the plan."""
    seeds: dict[Question, set[int]] = {}
    for entry in plan.entries:
        seeds.setdefault(without_seed(entry.question), set()).add(entry.question.seed)
    return seeds


def compared_rules(plan: Plan) -> dict[Question, dict[str, Question]]:
    """Return the questions (`without_seed`) of each setting and budget other than 1x, by rule."""
    by_setting: dict[Question, dict[str, Question]] = {}
    for question in seeds_by_question(plan):
        if question.times_flops not in (None, 1):
            by_setting.setdefault(replace(question, rule="", d=None, w=None, r=None), {})[question.rule] = question
    return by_setting


def add_seeds(study: Study, further: Mapping[Question, Collection[int]]) -> Study:
    """Return a study that has its questions with further seeds too.

    Args:
        study: the study.
        further: seeds by question (`without_seed`); questions that the study lacks are ignored.
    """
    known = seeds_by_question(study.plan)
    entries, points = list(study.plan.entries), dict(study.points)
    for first in {without_seed(entry.question): entry for entry in reversed(study.plan.entries)}.values():
        question = without_seed(first.question)
        for seed in sorted(set(further.get(question, ())) - known[question]):
            entry, planned = _with_seed(first, study.points[first.key], seed)
            entries.append(entry)
            points.setdefault(entry.key, planned)
    return replace(study, plan=replace(study.plan, entries=tuple(entries)), points=points)


def next_seeds(present: Collection[int], count: int) -> list[int]:
    """Return the seeds to add so that there are `count`: the smallest that are above the present ones."""
    start = max(present, default=-1) + 1
    return list(range(start, start + max(0, count - len(present))))


def _with_seed(entry: Entry, planned: PlannedPoint, seed: int) -> tuple[Entry, PlannedPoint]:
    question, point = replace(entry.question, seed=seed), replace(planned.point, seed=seed)
    label = f"{planned.label.rpartition(' seed ')[0]} seed {seed}"
    return (
        replace(entry, question=question, key=point.key),
        replace(planned, point=point, question=question, label=label),
    )
