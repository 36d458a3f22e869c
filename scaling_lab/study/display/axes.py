"""The axes of a study, as text above the plan's table."""

from collections.abc import Iterable, Iterator, Sequence

from scaling_lab.store.plan_schema import Plan, Question

AXIS_LABELS = {
    "family": "family",
    "rule": "rule",
    "rounding": "rounding",
    "times_flops": "times_flops",
    "d": "depth (d)",
    "w": "width (w)",
    "r": "resolution (r)",
    "dataset": "dataset",
    "recipe": "recipe",
    "lr_times": "lr_times",
    "seed": "seed",
}
MULTIPLIERS = ("d", "w", "r")
MAX_VALUES = 12  # of an axis


def axis_lines(plan: Plan) -> Iterator[str]:
    """Yield a line for each axis that has several values or that the command sets, then one for the others.

    Multipliers, which have no default, are always shown where a rule takes them.

    An axis of a recipe, such as `recipe.epochs=2,4`, is shown as the recipes that it makes.
    """
    questions = [entry.question for entry in plan.entries]
    named = {override.partition("=")[0].lstrip("+~").partition(".")[0] for override in plan.asked}
    values = {name: _values(name, questions) for name in AXIS_LABELS}
    shown = [name for name in AXIS_LABELS if len(values[name]) > 1 or (values[name] and name in (*named, *MULTIPLIERS))]
    width = max((len(AXIS_LABELS[name]) for name in shown), default=0)
    for name in shown:
        count = f"{len(values[name])}: " if len(values[name]) > 1 else ""
        yield f"{AXIS_LABELS[name]:{width}}  {count}{_format_values(values[name])}"
    others = [f"{name} {_format_values(values[name])}" for name in AXIS_LABELS if values[name] and name not in shown]
    if others:
        yield f"everything else at its default: {', '.join(others)}"


def _values(name: str, questions: Iterable[Question]) -> list[object]:
    """Return the distinct values of an axis, numbers rising, names in the order of the plan; multipliers only where
    they are set directly."""
    values_of_questions = (getattr(q, name) for q in questions if name not in MULTIPLIERS or q.times_flops is None)
    values = [value for value in dict.fromkeys(values_of_questions) if value is not None]
    return values if any(isinstance(value, str) for value in values) else sorted(values)


def _format_values(values: Sequence[object]) -> str:
    numbers = [value for value in values if isinstance(value, int)]
    if len(numbers) == len(values) > 3 and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return f"{numbers[0]} to {numbers[-1]}"
    texts = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    more = len(texts) - MAX_VALUES
    return ", ".join(texts[:MAX_VALUES]) + (f" and {more} more" if more > 0 else "")
