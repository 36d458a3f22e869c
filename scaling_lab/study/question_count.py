"""The number of questions that axes make, checked before they are made."""

from collections.abc import Mapping

from scaling_lab.errors import UserError

MAX_QUESTIONS = 200_000  # of one study; the largest that was measured has 100,000 points


def check_axis(name: str, values: int) -> None:
    """Raise UserError for an axis without values or with more than a study can have questions."""
    if values < 1:
        raise UserError(f"{name} is empty; at least one value is required")
    if values > MAX_QUESTIONS:
        raise UserError(f"{name} has {values:,} values; a study has at most {MAX_QUESTIONS:,} questions")


def check_questions(questions: int, axes: Mapping[str, int]) -> None:
    """Raise UserError if the axes, given with the number of their values, make too many questions."""
    if questions > MAX_QUESTIONS:
        largest = sorted(axes, key=lambda name: -axes[name])[:4]
        counts = ", ".join(f"{name} {axes[name]:,}" for name in largest)
        raise UserError(
            f"the axes make {questions:,} questions ({counts}); a study has at most {MAX_QUESTIONS:,}: split it"
        )
