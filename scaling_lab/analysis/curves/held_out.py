"""Held-out extrapolation: fit the smallest budgets of a rule, predict the next ones, compare with what was measured.

Each form of `stats.curve_forms` is fitted to the k smallest budgets. A form is ruled out if its fit is rejected; one
with as many coefficients as budgets cannot be. The combined prediction is that of the accepted form with the smallest
Akaike criterion, and its interval reaches from the lowest to the highest end of all forms that are not ruled out: the
budgets do not show which of these is right. Nothing about the target is used. Without an accepted form there is no
combined prediction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from scaling_lab.analysis.curves.budgets import CurvePoint
from scaling_lab.analysis.curves.form_fit import FormFit, choose_forms, explain_no_form
from scaling_lab.analysis.curves.rule_points import RulePoints, list_rule_points
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.curve_forms import FORMS
from scaling_lab.analysis.stats.noise import MIN_FIT_P, explain_unknown_noise
from scaling_lab.analysis.stats.seed_correlation import correlate_seeds

DRAWS = 1000
"""Draws of the noise; as many fits to redrawn means of each form."""
MIN_FITTED = min(form.parameters for form in FORMS)
"""Fewest budgets to which a form is fitted."""
COMBINED = "combined"
"""Name of the prediction that does not depend on one form."""


@dataclass(frozen=True)
class FormPrediction:
    """The accuracy that a form predicts, compared with the measured one.

    Attributes:
        form: Name of the form, or `COMBINED`.
        source: The form that gives the predicted accuracy: `form` itself, or the best of the combined ones.
        accuracy: Predicted accuracy, 0 to 1, or 1 less the loss.
        miss: Measured minus predicted accuracy.
        interval: 95 % interval of the miss for other seeds and other test images, if the form is right; None if the
            noise is unknown.
        fit_p: p value of the residuals at the fitted budgets; None if they cannot test the form.
    """

    form: str
    source: str
    accuracy: float
    miss: float
    interval: tuple[float, float] | None
    fit_p: float | None

    @property
    def is_accepted(self) -> bool:
        """Whether the fit was tested and not rejected."""
        return self.fit_p is not None and self.fit_p > MIN_FIT_P

    @property
    def is_covered(self) -> bool | None:
        """Whether the measured accuracy agrees with the prediction; None without an interval."""
        return None if self.interval is None else self.interval[0] <= 0 <= self.interval[1]


@dataclass(frozen=True, eq=False)
class HeldOutPrediction:
    """Predictions of a budget from smaller ones of the same rule.

    Attributes:
        fitted: The networks that were fitted, by FLOPs.
        target: The network whose accuracy is predicted.
        steps: How many budgets ahead the target is; 1 is the next one.
        forms: The prediction of each form that the budgets determine.
        combined: The prediction of all forms that are not ruled out; None without an accepted one.
        reason: Why there is no combined prediction, as a clause; None if there is one.
    """

    setting: Setting
    rule: str
    fitted: tuple[CurvePoint, ...]
    target: CurvePoint
    steps: int
    forms: tuple[FormPrediction, ...]
    combined: FormPrediction | None
    reason: str | None

    @property
    def metric(self) -> Metric:
        """The measurement that is predicted."""
        return self.target.cell.metric

    @property
    def off_rule(self) -> tuple[float, ...]:
        """Budgets at which the fitted or the predicted network is not its rule's, because rounding moved its shares."""
        return tuple(point.times_flops for point in (*self.fitted, self.target) if point.is_off_rule)


def predict_held_out(evidence: Evidence, count: int = DRAWS) -> list[HeldOutPrediction]:
    """Return the predictions of each rule, in the table's order, from few to many fitted budgets.

    The last few are kept, because the answers, tables and figures of a study show the same predictions.

    Args:
        evidence: The arms of a study.
        count: Number of noise draws.
    """
    return list(_predict_all(evidence, count))


@lru_cache(maxsize=4)
def _predict_all(evidence: Evidence, count: int) -> tuple[HeldOutPrediction, ...]:
    return tuple(
        prediction for rule_points in fittable_rules(evidence, count) for prediction in _predict_rule(rule_points)
    )


def fittable_rules(evidence: Evidence, count: int) -> Iterator[RulePoints]:
    """Yield the rules whose points can be fitted, each network with the FLOPs of its own, in the table's order.

    Args:
        evidence: The arms of a study.
        count: Number of noise draws.
    """
    for rule_points in list_rule_points(evidence, count):
        if rule_points.points and rule_points.reason is None:
            yield replace(rule_points, points=tuple(with_own_flops(rule_points.points)))


def _predict_rule(rule_points: RulePoints) -> Iterator[HeldOutPrediction]:
    points, paired = rule_points.points, is_paired(rule_points.points)
    for known in range(MIN_FITTED, len(points)):
        fitted = points[:known]
        fits = [FormFit(form, fitted, rule_points.noise, paired) for form in FORMS if form.parameters <= known]
        for steps, target in enumerate(points[known:], start=1):
            forms = {fit: _predict_form(fit, target) for fit in fits}
            combined = _combine(forms)
            reason = None if combined else _explain_no_combination(fits, target)
            predicted = tuple(forms.values())
            yield HeldOutPrediction(
                rule_points.setting, rule_points.rule, fitted, target, steps, predicted, combined, reason
            )


def _predict_form(fit: FormFit, target: CurvePoint) -> FormPrediction:
    accuracy = fit.predict(target.flops)
    miss, interval = target.accuracy - accuracy, fit.miss_interval(target)
    return FormPrediction(fit.form.name, fit.form.name, accuracy, miss, interval, fit.p)


def _combine(forms: dict[FormFit, FormPrediction]) -> FormPrediction | None:
    """Return the prediction of all forms that are not ruled out; None without an accepted one with an interval."""
    chosen = choose_forms(list(forms))
    if chosen is None or forms[chosen[0]].interval is None:
        return None
    best, possible = forms[chosen[0]], chosen[1]
    ends = [end for fit in possible for end in forms[fit].interval or ()]
    return FormPrediction(COMBINED, best.form, best.accuracy, best.miss, (min(ends), max(ends)), best.fit_p)


def _explain_no_combination(fits: Sequence[FormFit], target: CurvePoint) -> str:
    cells = [point.cell for point in (*fits[0].points, target)]
    return explain_unknown_noise(cells) or explain_no_form(fits)


def is_paired(points: Sequence[CurvePoint]) -> bool:
    """Return whether the seeds of the points are correlated, so that those of one number are drawn together."""
    correlation = correlate_seeds([point.cell for point in points])
    return correlation is not None and correlation.is_significant


def with_own_flops(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """Return the points, by FLOPs, of networks that differ in FLOPs: the first of each."""
    return list({point.flops: point for point in reversed(points)}.values())[::-1]
