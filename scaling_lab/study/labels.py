"""Questions in a few words, for tables, logs and messages."""

from collections.abc import Collection, Sequence

from scaling_lab.networks.scaling.rounding import PAPER
from scaling_lab.store.plan_schema import Question


def varying_settings(questions: Collection[Question]) -> tuple[str, ...]:
    """Return which of recipe and dataset the questions differ in: labels that show them distinguish networks."""
    return tuple(name for name in ("recipe", "dataset") if len({getattr(q, name) for q in questions}) > 1)


def network_label(question: Question, shown: Sequence[str] = ()) -> str:
    """Return the question in a few words, without its seed: `efficientnet_b0_small compound 2x`.

    Args:
        question: the question.
        shown: further fields of the question to show, such as "recipe".
    """
    lr = "" if question.lr_times == 1 else f" lr {question.lr_times:g}x"
    more = "".join(f" {getattr(question, name)}" for name in shown)
    if question.times_flops is None:
        return f"{question.family} {question.rule} d={question.d:g} w={question.w:g} r={question.r:g}{lr}{more}"
    budget = "baseline" if question.times_flops == 1 else f"{question.rule} {question.times_flops:g}x"
    return f"{question.family} {budget}{lr}" + (" paper" if question.rounding == PAPER.name else "") + more


def question_label(question: Question, shown: Sequence[str] = ()) -> str:
    """Return the question in a few words: `efficientnet_b0_small compound 2x seed 1`. shown: as in `network_label`."""
    return f"{network_label(question, shown)} seed {question.seed}"
