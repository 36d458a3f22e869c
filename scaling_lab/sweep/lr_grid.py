"""A small grid of learning rates around a recipe's own: the learning rate can decide which rule wins."""

from collections.abc import Sequence
from dataclasses import replace

from scaling_lab.errors import UserError
from scaling_lab.sweep.plan import QuestionSpec
from scaling_lab.validation import is_number

LARGEST = 100.0


def lr_grid(asks: Sequence[QuestionSpec], factors: Sequence[float]) -> list[tuple[QuestionSpec, QuestionSpec]]:
    """The baselines and the networks of each family's largest budget once more at each factor, each beside the ask that
    it comes from. Explicit multipliers have no budget and are left out.

    Raises UserError for a factor that is no number above 0 and up to 100.
    """
    for factor in factors:
        check(factor, "lr_grid has")
    budgets: dict[str, set[float]] = {}
    for ask in asks:
        if ask.question.times_flops is not None:
            budgets.setdefault(ask.question.family, {1.0}).add(ask.question.times_flops)
    kept = [ask for ask in asks if ask.question.times_flops in _ends(budgets.get(ask.question.family))]
    return [(_at(ask, factor), ask) for factor in factors if factor != 1 for ask in kept]


def check(factor: object, told: str = "lr_times is") -> float:
    """The factor. Raises UserError unless it is a number above 0 and up to 100."""
    if not is_number(factor) or not 0 < factor <= LARGEST:
        raise UserError(f"{told} {factor!r}; it must be a number above 0 and up to {LARGEST:g}")
    return float(factor)


def _ends(budgets: set[float] | None) -> set[float]:
    return {1.0, max(budgets)} if budgets else set()


def _at(ask: QuestionSpec, factor: float) -> QuestionSpec:
    return replace(ask, question=replace(ask.question, lr_times=ask.question.lr_times * factor))
