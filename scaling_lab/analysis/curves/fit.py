"""Scaling curves: error = a + b FLOPs^-c for each rule of a setting, with 95 % bands. FLOPs are multiply-adds.

A curve is fitted to mean test errors over seeds, weighted by the variance of seeds (`noise.weights`), from the
setting's 1x baseline through the budgets the rule met. Bands are the middle 95 % of fits to redrawn means
(`noise.draws`), jointly for all rules of a setting. They hold if errors follow such a curve: `Curve.misfit`.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.curves.budgets import Point, budgets, ladders
from scaling_lab.analysis.evidence import Cell, Evidence, Setting
from scaling_lab.analysis.stats.contrast import CONFIDENCE
from scaling_lab.analysis.stats.noise import DRAWS, Draws, draws, weights, why_no_noise
from scaling_lab.analysis.stats.power_law import EXPONENTS, PowerLaw, fit

Array = NDArray[np.float64]

NEEDED = 4
"""Budgets with different FLOPs, the baseline's included, that three coefficients need."""
BEYOND = 2.0
"""How many times the largest measured FLOPs, or a part of the smallest, a curve is read at."""


@dataclass(frozen=True, eq=False)
class Joint:
    """The networks of a setting, and draws of their noise, made when first asked for."""

    cells: tuple[Cell, ...]
    count: int

    @cached_property
    def draws(self) -> Draws | None:
        """None where the noise is not known."""
        return draws(self.cells, self.count)


@dataclass(frozen=True, eq=False)
class Curve:
    """A rule's curve in a setting. law: in FLOPs over those of the first point; None with the reason in words.

    points: by FLOPs. Without a band, `no_band` says why.
    """

    setting: Setting
    rule: str
    points: tuple[Point, ...]
    joint: Joint
    law: PowerLaw | None
    reason: str | None

    @property
    def start(self) -> float:
        """The smallest measured FLOPs."""
        return self.points[0].flops

    @property
    def range(self) -> tuple[float, float]:
        """FLOPs between which the curve may be read: half the smallest and twice the largest measured."""
        return self.points[0].flops / BEYOND, self.points[-1].flops * BEYOND

    @property
    def a(self) -> float:
        """The error that no FLOPs go below, 0 to 1; NaN without a curve."""
        return float(self.law.a[0]) if self.law else float("nan")

    @property
    def b(self) -> float:
        """What is above a at 1 multiply-add; NaN without a curve."""
        return float(self.law.b[0] * self.start**self.c) if self.law else float("nan")

    @property
    def c(self) -> float:
        """The exponent; NaN without a curve."""
        return float(self.law.c[0]) if self.law else float("nan")

    @property
    def flat(self) -> bool:
        """Whether the exponent is at its lower bound: no fall can be seen."""
        return self.law is not None and self.c < 1.01 * EXPONENTS[0]

    @cached_property
    def no_band(self) -> str | None:
        """Why there is no band; None where there is one."""
        return self.reason or why_no_noise(self._cells)

    @cached_property
    def redrawn(self) -> PowerLaw | None:
        """A curve a draw of the setting's noise; None without a band."""
        noise = None if self.no_band else self.joint.draws
        return None if noise is None else self._fit(self._errors - noise.of(self._cells))

    @cached_property
    def misfit(self) -> float | None:
        """p of residuals as large as these if the curve were the truth; None without a band."""
        noise = None if self.no_band else self.joint.draws
        if self.law is None or noise is None:
            return None
        ideal = self.law.at(self._x) - noise.of(self._cells)
        return float((self._fit(ideal).squares >= self.law.squares[0]).mean())

    def accuracy(self, flops: Array) -> Array:
        """Fitted accuracy, 0 to 1, without a check of the range. Raises ValueError without a curve."""
        if self.law is None:
            raise ValueError(f"{self.rule} has no curve: {self.reason}")
        found: Array = 1 - self.law.at(np.atleast_1d(flops) / self.start)[0]
        return found

    def band(self, flops: Array, common: bool = True) -> tuple[Array, Array] | None:
        """Lower and upper end of the accuracy's 95 % interval at each of some FLOPs; None without a band.

        common: with what other test pictures would do to all networks of the setting alike; without it, bands of one
        setting may be compared with each other (Cousineau 2005). Ends stop at 0 and 1.
        """
        noise = self.joint.draws
        if self.redrawn is None or noise is None:
            return None
        found = 1 - self.redrawn.at(np.atleast_1d(flops) / self.start)
        shift = 0.0 if common else noise.common[:, None]
        low, high = np.quantile(found - shift, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
        return np.clip(low, 0, 1), np.clip(high, 0, 1)

    def coefficient(self, name: str) -> tuple[float, float] | None:
        """95 % interval of a or c; None without a band."""
        if self.redrawn is None:
            return None
        low, high = np.quantile(getattr(self.redrawn, name), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        return float(low), float(high)

    @property
    def _cells(self) -> list[Cell]:
        return [point.cell for point in self.points]

    @property
    def _errors(self) -> Array:
        return np.array([[1 - point.accuracy for point in self.points]])

    @property
    def _x(self) -> Array:
        return np.array([point.flops for point in self.points]) / self.start

    def _fit(self, errors: Array) -> PowerLaw:
        return fit(self._x, np.clip(errors, 1e-9, 1.0), weights(self._cells))


@dataclass(frozen=True)
class Predicted:
    """Accuracy at some FLOPs, 0 to 1, and its 95 % interval; None where there is none."""

    flops: float
    accuracy: float
    interval: tuple[float, float] | None


def curves(evidence: Evidence, count: int = DRAWS) -> list[Curve]:
    """A curve a rule of budgets, fitted or with the reason why not, in the table's order. count: draws of the noise."""
    found = []
    for setting in evidence.settings:
        ways = ladders(evidence.at(setting))
        cells = dict.fromkeys(point.cell for way, _ in ways.values() for point in way)
        joint = Joint(tuple(cells), count)
        found += [_curve(setting, rule, *way, joint) for rule, way in ways.items()]
    return found


def predict(curve: Curve, flops: float) -> Predicted:
    """The curve's accuracy. Raises ValueError without a curve, and beyond its range, naming the limit."""
    at = np.array([flops], dtype=float)
    accuracy = float(curve.accuracy(at)[0])
    low, high = curve.range
    if not low <= flops <= high:
        raise ValueError(
            f"flops is {flops:g}; {curve.rule} was measured from {low * BEYOND:g} to {high / BEYOND:g} and is "
            f"predicted from {low:g} (half the smallest) to {high:g} (twice the largest)"
        )
    band = curve.band(at)
    return Predicted(flops, accuracy, (float(band[0][0]), float(band[1][0])) if band else None)


def _curve(setting: Setting, rule: str, points: tuple[Point, ...], why: str | None, joint: Joint) -> Curve:
    if why is None and len({point.flops for point in points}) < NEEDED:
        there = f"only {budgets([each.times_flops for each in points])}" if points else "no budget"
        verb = "has a result" if len(points) < 2 else "have results"
        why = f"{there} {verb} at the FLOPs asked, and a curve needs {NEEDED} budgets, the baseline included"
    bare = Curve(setting, rule, points, joint, None, why)
    return bare if why else Curve(setting, rule, points, joint, bare._fit(bare._errors), None)
