"""Accuracy at equal FLOPs over the triangle of depth, width and resolution shares that networks obtained.

A quadratic surface is fitted to mean accuracies over seeds by weighted least squares (`noise.compute_fit_weights`).
Nothing is read off it unless it is tested and not rejected: its residuals must be no larger than noise alone explains.
Its highest point inside the triangle then has a 95 % confidence region (`triangle.PeakRegion`), and the known rules
that have a network nearby have intervals, which hold together. Fewer than seven networks leave no residuals to test and
give no surface. Shares outside of 0 to 1, which rounding can cause, are used as they are.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.metrics import ACCURACY, Metric
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.shares.networks import MeasuredNetwork
from scaling_lab.analysis.shares.triangle import (
    KNOWN_SHARES,
    PeakRegion,
    find_peaks,
    is_within_hull,
    share_point,
    surface_terms,
)
from scaling_lab.analysis.stats.contrast import CONFIDENCE
from scaling_lab.analysis.stats.noise import (
    MIN_FIT_P,
    NOISE_DRAWS,
    NoiseDraws,
    compute_fit_weights,
    draw_noise,
    explain_unknown_noise,
)
from scaling_lab.networks.scaling.obtained import share_difference

MAX_DISTANCE = 0.1
"""Largest difference between a rule's shares and those of the nearest network at which the surface is read."""


@dataclass(frozen=True, eq=False)
class Standing:
    """How a known rule compares with the surface's highest point.

    Attributes:
        rule: A name of `triangle.KNOWN_SHARES`.
        point: The rule's requested shares of depth and resolution.
        difference: Surface at the rule's point less its maximum, 0 to 1.
        interval: Interval of the difference; those of all standings hold together in 95 %. It ends at 0 for a rule
            that may itself be the best.
    """

    rule: str
    point: FloatArray
    difference: float
    interval: tuple[float, float]


@dataclass(frozen=True, eq=False)
class ShareSurface:
    """Accuracy over the triangle of shares in one setting at one budget.

    Attributes:
        networks: The measured networks, each once.
        no_surface_reason: Why no surface was fitted, as a clause; None if there is one.
        count: Number of noise draws.
    """

    setting: Setting
    times_flops: float
    networks: tuple[MeasuredNetwork, ...]
    no_surface_reason: str | None
    count: int = NOISE_DRAWS

    @property
    def points(self) -> FloatArray:
        """Depth and resolution share of each network, shape (networks, 2)."""
        return np.array([[network.shares[0], network.shares[2]] for network in self.networks]).reshape(-1, 2)

    @property
    def cells(self) -> list[Cell]:
        """The networks' cells."""
        return [network.cell for network in self.networks]

    @cached_property
    def reason(self) -> str | None:
        """Why nothing is read off a surface, as a clause: there is none, or it is untested or rejected; else None."""
        if self.no_surface_reason:
            return self.no_surface_reason
        if self.misfit is None:
            return f"its fit cannot be tested: {explain_unknown_noise(self.cells)}"
        if self.misfit <= MIN_FIT_P:
            p = "p < 0.001" if self.misfit < 0.001 else f"p = {self.misfit:.2g}"
            return f"a quadratic surface does not fit ({p}; {MIN_FIT_P:g} is needed)"
        return None

    @property
    def is_accepted(self) -> bool:
        """Whether the surface was tested and not rejected, so that it may be read."""
        return self.reason is None

    @cached_property
    def coefficients(self) -> FloatArray:
        """Coefficients of `triangle.surface_terms`. Raises ValueError if nothing was fitted."""
        if self.no_surface_reason:
            raise ValueError(f"no surface at {self.times_flops:g} times the FLOPs: {self.no_surface_reason}")
        coefficients: FloatArray = self._solver @ self._accuracies
        return coefficients

    @property
    def metric(self) -> Metric:
        """The measurement of the networks."""
        return self.networks[0].cell.metric if self.networks else ACCURACY

    def accuracy(self, points: FloatArray) -> FloatArray:
        """Return the surface, 0 to 1, at points of depth and resolution share, shape (..., 2)."""
        accuracy: FloatArray = surface_terms(points) @ self.coefficients
        return accuracy

    @cached_property
    def best(self) -> FloatArray | None:
        """Highest point inside the triangle; None without an accepted surface."""
        return find_peaks(self.coefficients[None])[0] if self.is_accepted else None

    @property
    def is_extrapolated(self) -> bool:
        """Whether the highest point lies outside of the measured networks."""
        return self.best is not None and not is_within_hull(self.points, self.best)

    @cached_property
    def region(self) -> PeakRegion | None:
        """Confidence region of the highest point; None without an accepted surface."""
        return self.make_region() if self.is_accepted else None

    @cached_property
    def standings(self) -> list[Standing]:
        """The known rules with a network nearby against the highest point, the highest first."""
        return [] if self.region is None else self.compare_rules(self.region)

    def make_region(self) -> PeakRegion:
        """Return the region, whether the surface is accepted or not. Raises ValueError if the noise is unknown."""
        if self._noise is None:
            raise ValueError(f"no region: {self.reason}")
        return PeakRegion(self.coefficients, self._noise.select_cells(self.cells) @ self._solver.T, CONFIDENCE)

    def compare_rules(self, region: PeakRegion) -> list[Standing]:
        """Return the known rules with a network nearby against the highest point, the highest first."""
        near = {rule: share_point(shares) for rule, shares in KNOWN_SHARES.items() if self._is_near(shares.values)}
        height = float(self.accuracy(find_peaks(self.coefficients[None])[0]))
        standings = [
            Standing(rule, point, float(self.accuracy(point)) - height, region.interval(point, len(near)))
            for rule, point in near.items()
        ]
        return sorted(standings, key=lambda standing: -standing.difference)

    @property
    def residual(self) -> float:
        """Root mean square of the residuals, 0 to 1."""
        return float(np.sqrt((self._residuals(self._accuracies) ** 2).mean()))

    @property
    def expected(self) -> float | None:
        """Residual that noise alone would leave (median of the draws); None if the noise is unknown."""
        if self._noise is None:
            return None
        return float(np.median(np.sqrt((self._residuals(self._noise.select_cells(self.cells)) ** 2).mean(axis=1))))

    @cached_property
    def misfit(self) -> float | None:
        """p value of residuals as large as these under the fitted surface; None if the noise is unknown."""
        if self._noise is None:
            return None
        squares = self._residuals(self._noise.select_cells(self.cells)) ** 2 @ self._weights
        return float((squares >= self._residuals(self._accuracies) ** 2 @ self._weights).mean())

    def _is_near(self, shares: tuple[float, float, float]) -> bool:
        return any(share_difference(network.shares, shares) <= MAX_DISTANCE + 1e-9 for network in self.networks)

    def _residuals(self, accuracies: FloatArray) -> FloatArray:
        """Return the residuals of accuracies, shape (..., networks), from the surface fitted to them."""
        return accuracies - accuracies @ (surface_terms(self.points) @ self._solver).T

    @cached_property
    def _solver(self) -> FloatArray:
        """Linear map from accuracies to coefficients."""
        root = np.sqrt(self._weights)
        return np.asarray(np.linalg.pinv(surface_terms(self.points) * root[:, None]) * root, dtype=float)

    @cached_property
    def _weights(self) -> FloatArray:
        return compute_fit_weights(self.cells)

    @property
    def _accuracies(self) -> FloatArray:
        return np.array([network.accuracy for network in self.networks])

    @cached_property
    def _noise(self) -> NoiseDraws | None:
        if self.no_surface_reason or explain_unknown_noise(self.cells):
            return None
        return draw_noise(self.cells, self.count)
