"""A small grid of learning rates around the recipe's own: the learning rate can decide which rule wins."""

from collections.abc import Sequence
from dataclasses import replace

from scaling_lab.errors import UserError
from scaling_lab.study.resolve_question import QuestionSpec
from scaling_lab.validation import is_number

MAX_FACTOR = 100.0


def expand_lr_grid(specs: Sequence[QuestionSpec], factors: Sequence[float]) -> list[QuestionSpec]:
    """Return the baselines and the networks of each family's largest budget again, at each factor of the learning rate.

    Explicit multipliers have no budget and are left out.

    Raises:
        UserError: a factor that is not a number above 0 and up to 100.
    """
    for factor in factors:
        check_lr_factor(factor, "lr_grid contains")
    budgets: dict[str, set[float]] = {}
    for spec in specs:
        if spec.question.times_flops is not None:
            budgets.setdefault(spec.question.family, {1.0}).add(spec.question.times_flops)
    selected = [spec for spec in specs if spec.question.times_flops in _ends(budgets.get(spec.question.family))]
    return [_with_lr(spec, factor) for factor in factors if factor != 1 for spec in selected]


def check_lr_factor(factor: object, subject: str = "lr_times is") -> float:
    """Return the factor. Raises UserError unless it is a number above 0 and up to 100."""
    if not is_number(factor) or not 0 < factor <= MAX_FACTOR:
        raise UserError(f"{subject} {factor!r}; must be a number above 0 and up to {MAX_FACTOR:g}")
    return float(factor)


def _ends(budgets: set[float] | None) -> set[float]:
    return {1.0, max(budgets)} if budgets else set()


def _with_lr(spec: QuestionSpec, factor: float) -> QuestionSpec:
    return replace(spec, question=replace(spec.question, lr_times=spec.question.lr_times * factor))
