"""Accuracy at equal FLOPs over the triangle of depth, width and resolution shares that networks obtained.

A quadratic surface is fitted to mean accuracies over seeds by weighted least squares (`noise.compute_fit_weights`). Its
highest point inside the triangle is exact and has a 95 % confidence region (`triangle.PeakRegion`). Four to six
networks allow only a plane, which has no meaningful highest point. Shares outside of 0 to 1, which rounding can cause,
are used as they are.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from scaling_lab.analysis.cells import Cell, FloatArray
from scaling_lab.analysis.evidence import Arm, Evidence, Setting
from scaling_lab.analysis.shares.networks import MeasuredNetwork, collect_networks
from scaling_lab.analysis.shares.triangle import (
    KNOWN_SHARES,
    PeakRegion,
    effective_rank,
    find_peaks,
    is_within_hull,
    share_point,
    surface_terms,
)
from scaling_lab.analysis.stats.contrast import CONFIDENCE, estimate_contrast
from scaling_lab.analysis.stats.noise import (
    NOISE_DRAWS,
    NoiseDraws,
    compute_fit_weights,
    draw_noise,
    explain_unknown_noise,
)
from scaling_lab.formatting import pluralize

PLANE_NETWORKS, QUADRATIC_NETWORKS = 4, 7
"""Number of different networks that a plane and a quadratic surface need: one more than their coefficients."""


@dataclass(frozen=True, eq=False)
class Standing:
    """How a known rule compares with the surface's reference point.

    Attributes:
        rule: A name of `triangle.KNOWN_SHARES`.
        point: The rule's requested shares of depth and resolution.
        difference: Surface at the rule's point less surface at the reference, 0 to 1.
        interval: 95 % interval of the difference, if known; if the reference is the best point, it ends at 0 for a rule
            that may itself be the best.
        is_extrapolated: Whether the point lies outside of the measured networks.
    """

    rule: str
    point: FloatArray
    difference: float
    interval: tuple[float, float] | None
    is_extrapolated: bool


@dataclass(frozen=True, eq=False)
class ShareSurface:
    """Accuracy over the triangle of shares in one setting at one budget.

    Attributes:
        networks: The measured networks, each once.
        degree: 2 for a quadratic surface, 1 for a plane, 0 if nothing was fitted.
        reason: Why the degree is not 2, as a clause; None if it is.
        count: Number of noise draws.
    """

    setting: Setting
    times_flops: float
    networks: tuple[MeasuredNetwork, ...]
    degree: int
    reason: str | None
    count: int = NOISE_DRAWS

    @property
    def points(self) -> FloatArray:
        """Depth and resolution share of each network, shape (networks, 2)."""
        return np.array([[network.shares[0], network.shares[2]] for network in self.networks]).reshape(-1, 2)

    @property
    def cells(self) -> list[Cell]:
        """The networks' cells."""
        return [network.cell for network in self.networks]

    @property
    def no_interval_reason(self) -> str | None:
        """Why there are no intervals and no region, as a clause; None if there are."""
        return self.reason if not self.degree else explain_unknown_noise(self.cells)

    @cached_property
    def coefficients(self) -> FloatArray:
        """Coefficients of `triangle.surface_terms`. Raises ValueError if nothing was fitted."""
        if not self.degree:
            raise ValueError(f"no surface at {self.times_flops:g} times the FLOPs: {self.reason}")
        coefficients: FloatArray = self._solver @ self._accuracies
        return coefficients

    def accuracy(self, points: FloatArray) -> FloatArray:
        """Return the surface, 0 to 1, at points of depth and resolution share, shape (..., 2)."""
        accuracy: FloatArray = surface_terms(points, self.degree) @ self.coefficients
        return accuracy

    @cached_property
    def best(self) -> FloatArray | None:
        """Highest point inside the triangle; None without a quadratic surface."""
        return find_peaks(self.coefficients[None])[0] if self.degree == 2 else None

    @property
    def is_extrapolated(self) -> bool:
        """Whether the highest point lies outside of the measured networks."""
        return self.best is not None and not is_within_hull(self.points, self.best)

    @cached_property
    def region(self) -> PeakRegion | None:
        """Confidence region of the highest point; None without intervals or without a highest point."""
        if self.degree < 2 or self._noise is None:
            return None
        return PeakRegion(self.coefficients, self._noise.select_cells(self.cells) @ self._solver.T, CONFIDENCE)

    @property
    def reference(self) -> FloatArray:
        """Point that known rules are compared with: the highest point, or equal shares for a plane."""
        return share_point(KNOWN_SHARES["uniform"]) if self.best is None else self.best

    @cached_property
    def standings(self) -> list[Standing]:
        """The known rules against the reference, the highest first; empty without a surface."""
        if not self.degree:
            return []
        standings = [self._compare_rule(rule, share_point(shares)) for rule, shares in KNOWN_SHARES.items()]
        return sorted(standings, key=lambda standing: -standing.difference)

    @property
    def residual(self) -> float:
        """Root mean square of the residuals, 0 to 1."""
        return float(np.sqrt((self._residuals(self._accuracies) ** 2).mean()))

    @property
    def expected(self) -> float | None:
        """Residual that noise alone would leave (median of the draws); None without intervals."""
        if self._noise is None:
            return None
        return float(np.median(np.sqrt((self._residuals(self._noise.select_cells(self.cells)) ** 2).mean(axis=1))))

    @property
    def misfit(self) -> float | None:
        """p value of residuals as large as these under the fitted surface; None without intervals."""
        if self._noise is None:
            return None
        squares = self._residuals(self._noise.select_cells(self.cells)) ** 2 @ self._weights
        return float((squares >= self._residuals(self._accuracies) ** 2 @ self._weights).mean())

    def _compare_rule(self, rule: str, point: FloatArray) -> Standing:
        terms = surface_terms(point, self.degree) - surface_terms(self.reference, self.degree)
        interval = self.region.interval(point) if self.region else None
        if self.degree == 1 and not self.no_interval_reason:
            estimate = estimate_contrast(list(zip(self.cells, (terms @ self._solver).tolist(), strict=True)))
            interval = estimate.interval() if estimate else None
        return Standing(rule, point, float(terms @ self.coefficients), interval, not is_within_hull(self.points, point))

    def _residuals(self, accuracies: FloatArray) -> FloatArray:
        """Return the residuals of accuracies, shape (..., networks), from the surface fitted to them."""
        return accuracies - accuracies @ (surface_terms(self.points, self.degree) @ self._solver).T

    @cached_property
    def _solver(self) -> FloatArray:
        """Linear map from accuracies to coefficients."""
        root = np.sqrt(self._weights)
        return np.asarray(np.linalg.pinv(surface_terms(self.points, self.degree) * root[:, None]) * root, dtype=float)

    @cached_property
    def _weights(self) -> FloatArray:
        return compute_fit_weights(self.cells)

    @property
    def _accuracies(self) -> FloatArray:
        return np.array([network.accuracy for network in self.networks])

    @cached_property
    def _noise(self) -> NoiseDraws | None:
        return None if self.no_interval_reason else draw_noise(self.cells, self.count)


def fit_surfaces(evidence: Evidence, count: int = NOISE_DRAWS) -> list[ShareSurface]:
    """Return a surface for each setting and budget other than 1x, fitted or with the reason why not.

    Args:
        evidence: The arms of a study.
        count: Number of noise draws.
    """
    groups: dict[tuple[Setting, float], list[Arm]] = {}
    for arm in evidence.arms:
        if arm.times_flops is not None and arm.times_flops != 1:
            groups.setdefault((arm.setting, arm.times_flops), []).append(arm)
    return [_fit_surface(setting, times, collect_networks(arms), count) for (setting, times), arms in groups.items()]


def _fit_surface(setting: Setting, times: float, networks: tuple[MeasuredNetwork, ...], count: int) -> ShareSurface:
    number = len(networks)
    unfitted = ShareSurface(setting, times, networks, 0, None, count)
    if number < PLANE_NETWORKS:
        reason = f"there {'is' if number == 1 else 'are'} only {pluralize(number, 'network')} at this budget"
        return replace(unfitted, reason=f"{reason}, and a plane needs {PLANE_NETWORKS}")
    if number >= QUADRATIC_NETWORKS and effective_rank(surface_terms(unfitted.points, 2)) == 6:
        return replace(unfitted, degree=2)
    if effective_rank(surface_terms(unfitted.points, 1)) < 3:
        return replace(unfitted, reason="the networks' shares lie on one line")
    reason = (
        f"a quadratic surface needs {QUADRATIC_NETWORKS} networks, and there are {number}"
        if number < QUADRATIC_NETWORKS
        else "the networks' shares do not determine a quadratic surface"
    )
    return replace(unfitted, degree=1, reason=reason)
