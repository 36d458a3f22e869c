"""Coverage of held-out predictions one budget ahead, for laws of the fitted forms and for others."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.curves.held_out import FormPrediction, HeldOutPrediction, predict_held_out
from scaling_lab.analysis.curves.predict import predict_budgets
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.synthetic import make_study_table

PAGE = "extrapolation.md"
TITLE = "How often predictions agree"
STUDIES = 100
SEEDS, IMAGES = 5, 4000
FITTED = (3, 4, 5)
PARTS = ("predicted", "combined", "best form")
HEAD = [
    "law",
    "budgets",
    *(f"{count} fitted: {part}" for count in FITTED for part in PARTS),
    "all fitted: predicted",
    "at 2x",
]
BUDGETS = {"1x to 32x": (1, 2, 4, 8, 16, 32.0), "1x to 8x": (1, 1.5625, 2.25, 3.0625, 4, 8.0)}

Law = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
"""Errors at some FLOPs, given the budgets of the study."""


def _knee(before: float, after: float) -> Law:
    """Return a power law whose exponent changes at the fourth budget."""
    return lambda x, budgets: (
        0.45 * np.where(x < budgets[3], x**-before, budgets[3] ** -before * (x / budgets[3]) ** -after)
    )


def _sigmoid(x: NDArray[np.float64], budgets: NDArray[np.float64]) -> NDArray[np.float64]:
    doublings = np.log2(x) - 0.5 * np.log2(budgets[-1])
    return np.asarray(0.15 + 0.33 / (1 + np.exp(1.5 * doublings)))


def _rises_then_falls(x: NDArray[np.float64], budgets: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(0.45 - 0.06 * np.log2(x) + 0.072 * np.log2(x) ** 2 / np.log2(budgets[-1]))


LAWS: dict[str, Law] = {
    "straight in log FLOPs": lambda x, _: 0.45 - 0.035 * np.log2(x),
    "power law": lambda x, _: 0.45 * x**-0.25,
    "power law with a floor": lambda x, _: 0.15 + 0.3 * x**-0.5,
    "rises, then falls": _rises_then_falls,
    "flattens at the fourth budget": _knee(0.25, 0.03),
    "steepens at the fourth budget": _knee(0.05, 0.3),
    "sigmoid": _sigmoid,
}
CASES = [(law, budgets) for law in LAWS for budgets in BUDGETS]


def measure_row(studies: int, rng: np.random.Generator, law: str, budgets: str) -> list[str]:
    """Return the percentages of studies with a prediction, and among these of predictions that agree."""
    times = np.array(BUDGETS[budgets])
    errors, beyond = LAWS[law](times, times), float(LAWS[law](2 * times[-1:], times)[0])
    made: dict[int, list[HeldOutPrediction]] = {count: [] for count in FITTED}
    read, widths = list[bool](), list[float]()
    for _ in range(studies):
        truth = {("a", float(at)): 1 - float(error) for at, error in zip(times, errors, strict=True)}
        evidence = collect_evidence(make_study_table(truth, SEEDS, IMAGES, rng))
        for prediction in predict_held_out(evidence, 500):
            if prediction.steps == 1 and prediction.combined:
                made[len(prediction.fitted)].append(prediction)
        (prediction,) = predict_budgets(evidence, [2 * times[-1]], 500)
        if prediction.interval:
            low, high = prediction.interval
            read.append(bool(low <= 1 - beyond <= high))
            widths.append(100 * (high - low))
    cells = [cell for count in FITTED for cell in _summarize(made[count], studies)]
    beyond_data = f"{100 * np.mean(read):.0f} ({np.median(widths):.1f})" if read else "-"
    return [law, budgets, *cells, f"{100 * len(read) / studies:.0f}", beyond_data]


def _summarize(predictions: list[HeldOutPrediction], studies: int) -> list[str]:
    if not predictions:
        return ["0", "-", "-"]
    combined = [prediction.combined for prediction in predictions if prediction.combined]
    best = [
        next(form for form in prediction.forms if prediction.combined and form.form == prediction.combined.source)
        for prediction in predictions
    ]
    return [f"{100 * len(predictions) / studies:.0f}", _cover(combined), _cover(best)]


def _cover(predictions: list[FormPrediction]) -> str:
    """Return the coverage in percent, and the median width in points."""
    widths = [
        100 * (prediction.interval[1] - prediction.interval[0]) for prediction in predictions if prediction.interval
    ]
    return f"{100 * np.mean([bool(prediction.is_covered) for prediction in predictions]):.0f} ({np.median(widths):.1f})"
