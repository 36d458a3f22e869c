"""Predict the accuracy of budgets that were not trained, from all budgets of each rule.

The forms of curve are those of held-out extrapolation (`held_out`): the best of those that the budgets do not rule out
gives the value, and the interval reaches over all of these. Up to twice the largest measured FLOPs, as far as its
coverage was measured (docs/extrapolation.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from scaling_lab.analysis.curves.budgets import CurvePoint
from scaling_lab.analysis.curves.fit import EXTRAPOLATION
from scaling_lab.analysis.curves.form_fit import FormFit, choose_forms, explain_no_form
from scaling_lab.analysis.curves.held_out import DRAWS, MIN_FITTED, fittable_rules, is_paired
from scaling_lab.analysis.curves.rule_points import RulePoints
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.curve_forms import FORMS
from scaling_lab.analysis.stats.noise import explain_unknown_noise
from scaling_lab.errors import UserError


@dataclass(frozen=True, eq=False)
class Prediction:
    """The predicted accuracy of a rule at a budget.

    Attributes:
        times_flops: The budget, in times the baseline's FLOPs.
        points: The fitted networks, by FLOPs.
        form: The form that gives the value; None without a prediction.
        accuracy: Predicted accuracy, 0 to 1, or 1 less the loss; None without a prediction.
        interval: 95 % interval for other seeds and other test images, over all forms that are not ruled out.
        reason: Why there is no prediction, as a clause; None if there is one.
    """

    setting: Setting
    rule: str
    times_flops: float
    points: tuple[CurvePoint, ...]
    form: str | None
    accuracy: float | None
    interval: tuple[float, float] | None
    reason: str | None

    @property
    def metric(self) -> Metric:
        """The measurement that is predicted."""
        return self.points[0].cell.metric


def check_budgets(name: str, budgets: Iterable[object]) -> list[float]:
    """Return budgets as numbers. Raises UserError unless each is one above 0."""
    checked = []
    for budget in budgets:
        try:
            number = float(str(budget))
        except ValueError:
            number = 0.0
        if not 0 < number < inf:
            raise UserError(f"{name} is {str(budget)[:80]!r}; must be budgets in times the baseline's FLOPs, such as 8")
        checked.append(number)
    return checked


def predict_budgets(evidence: Evidence, budgets: Sequence[float], count: int = DRAWS) -> list[Prediction]:
    """Return the prediction of each rule with results, in the table's order, at each budget.

    Args:
        evidence: The arms of a study.
        budgets: In times the baseline's FLOPs.
        count: Number of noise draws.
    """
    predictions: list[Prediction] = []
    for rule_points in fittable_rules(evidence, count):
        paired = is_paired(rule_points.points)
        fits = [
            FormFit(form, rule_points.points, rule_points.noise, paired)
            for form in FORMS
            if form.parameters <= len(rule_points.points)
        ]
        predictions += [_predict(rule_points, fits, times) for times in budgets]
    return predictions


def _predict(rule_points: RulePoints, fits: Sequence[FormFit], times: float) -> Prediction:
    points = rule_points.points

    def without(reason: str) -> Prediction:
        return Prediction(rule_points.setting, rule_points.rule, times, points, None, None, None, reason)

    flops = points[0].flops / points[0].times_flops * times
    least, most = points[0].flops / EXTRAPOLATION, points[-1].flops * EXTRAPOLATION
    if not least <= flops <= most:
        return without(f"{times:g} is outside of half the smallest to twice the largest measured FLOPs")
    if len(points) <= MIN_FITTED:
        return without(
            f"a prediction needs {MIN_FITTED + 1} budgets with results; {rule_points.rule} has {len(points)}"
        )
    if unknown := explain_unknown_noise([point.cell for point in points]):
        return without(unknown)
    chosen = choose_forms(fits)
    if chosen is None:
        return without(explain_no_form(fits))
    best, possible = chosen
    ends = [end for fit in possible for end in fit.interval(flops) or ()]
    accuracy, interval = best.predict(flops), (min(ends), max(ends))
    return Prediction(rule_points.setting, rule_points.rule, times, points, best.form.name, accuracy, interval, None)
