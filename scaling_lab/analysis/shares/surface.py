"""At equal FLOPs: accuracy over the triangle of depth, width and resolution shares that networks really got.

A surface of second degree is fitted to mean accuracies over seeds by weighted least squares (`noise.weights`), its best
point inside the triangle found exactly, with a 95 % region of points that may be the best (`triangle.Peak`). Four to
six networks allow a plane only, which has no best point to speak of. Shares outside of 0 to 1, as rounding makes them,
are kept as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.evidence import Arm, Cell, Evidence, Setting
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

Array = NDArray[np.float64]

SHARE_FIELDS = ("depth_share", "width_share", "resolution_share")
PLANE_NETWORKS, QUADRATIC_NETWORKS = 4, 7
"""Different networks that a plane and a surface of second degree need: one more than their coefficients."""


@dataclass(frozen=True, eq=False)
class MeasuredNetwork:
    """A network at the budget, the rules that asked for it, and its depth, width and resolution share."""

    rules: tuple[str, ...]
    shares: tuple[float, float, float]
    cell: Cell

    @property
    def accuracy(self) -> float:
        """Mean over seeds, 0 to 1."""
        return float(self.cell.accuracy.mean())


@dataclass(frozen=True, eq=False)
class Standing:
    """A rule's shares as asked, and the surface there less the surface at the reference, 0 to 1.

    interval: 95 %, where known; from the best point it ends at 0 for a rule that may be the best itself. extrapolated:
    it lies outside of the measured networks.
    """

    rule: str
    point: Array
    difference: float
    interval: tuple[float, float] | None
    extrapolated: bool


@dataclass(frozen=True, eq=False)
class ShareSurface:
    """Accuracy over the triangle in one setting at one budget. degree: 2, 1 for a plane, 0 with the reason in words."""

    setting: Setting
    times_flops: float
    networks: tuple[MeasuredNetwork, ...]
    degree: int
    reason: str | None
    count: int = NOISE_DRAWS

    @property
    def points(self) -> Array:
        """Depth and resolution share of each network."""
        return np.array([[network.shares[0], network.shares[2]] for network in self.networks]).reshape(-1, 2)

    @property
    def cells(self) -> list[Cell]:
        """The networks' cells."""
        return [network.cell for network in self.networks]

    @property
    def no_interval_reason(self) -> str | None:
        """Why there are no intervals and no region; None where there are."""
        return self.reason if not self.degree else explain_unknown_noise(self.cells)

    @cached_property
    def coefficients(self) -> Array:
        """Of `triangle.basis`. Raises ValueError where nothing was fitted."""
        if not self.degree:
            raise ValueError(f"no surface at {self.times_flops:g} times the FLOPs: {self.reason}")
        found: Array = self._solver @ self._accuracies
        return found

    def accuracy(self, points: Array) -> Array:
        """The surface at points (..., 2) of depth and resolution share, 0 to 1."""
        found: Array = surface_terms(points, self.degree) @ self.coefficients
        return found

    @cached_property
    def best(self) -> Array | None:
        """The highest point inside the triangle; None without a surface of second degree."""
        return find_peaks(self.coefficients[None])[0] if self.degree == 2 else None

    @property
    def extrapolated(self) -> bool:
        """Whether the best point lies outside of the measured networks."""
        return self.best is not None and not is_within_hull(self.points, self.best)

    @cached_property
    def region(self) -> PeakRegion | None:
        """What may be the best point; None without intervals or without a best point."""
        if self.degree < 2 or self._noise is None:
            return None
        return PeakRegion(self.coefficients, self._noise.select_cells(self.cells) @ self._solver.T, CONFIDENCE)

    @property
    def reference(self) -> Array:
        """What standings are differences from: the best point, or for a plane equal shares."""
        return share_point(KNOWN_SHARES["uniform"]) if self.best is None else self.best

    @cached_property
    def standings(self) -> list[Standing]:
        """The known rules against the reference, the highest first; none without a surface."""
        found = (
            [self._standing(rule, share_point(shares)) for rule, shares in KNOWN_SHARES.items()] if self.degree else []
        )
        return sorted(found, key=lambda each: -each.difference)

    @property
    def residual(self) -> float:
        """Root mean square of the networks' distances from the surface, 0 to 1."""
        return float(np.sqrt((self._left(self._accuracies) ** 2).mean()))

    @property
    def expected(self) -> float | None:
        """The residual that noise alone would leave, the middle one of the draws; None without intervals."""
        if self._noise is None:
            return None
        return float(np.median(np.sqrt((self._left(self._noise.select_cells(self.cells)) ** 2).mean(axis=1))))

    @property
    def misfit(self) -> float | None:
        """p of residuals as large as these if the surface were the truth; None without intervals."""
        if self._noise is None:
            return None
        squares = self._left(self._noise.select_cells(self.cells)) ** 2 @ self._weights
        return float((squares >= self._left(self._accuracies) ** 2 @ self._weights).mean())

    def _standing(self, rule: str, point: Array) -> Standing:
        terms = surface_terms(point, self.degree) - surface_terms(self.reference, self.degree)
        interval = self.region.interval(point) if self.region else None
        if self.degree == 1 and not self.no_interval_reason:
            estimate = estimate_contrast(list(zip(self.cells, (terms @ self._solver).tolist(), strict=True)))
            interval = estimate.interval() if estimate else None
        return Standing(rule, point, float(terms @ self.coefficients), interval, not is_within_hull(self.points, point))

    def _left(self, accuracies: Array) -> Array:
        """Accuracies (..., networks) less the surface fitted to them."""
        return accuracies - accuracies @ (surface_terms(self.points, self.degree) @ self._solver).T

    @cached_property
    def _solver(self) -> Array:
        """From accuracies to coefficients."""
        root = np.sqrt(self._weights)
        found: Array = np.linalg.pinv(surface_terms(self.points, self.degree) * root[:, None]) * root
        return found

    @cached_property
    def _weights(self) -> Array:
        return compute_fit_weights(self.cells)

    @property
    def _accuracies(self) -> Array:
        return np.array([network.accuracy for network in self.networks])

    @cached_property
    def _noise(self) -> NoiseDraws | None:
        return None if self.no_interval_reason else draw_noise(self.cells, self.count)


def fit_surfaces(evidence: Evidence, count: int = NOISE_DRAWS) -> list[ShareSurface]:
    """A surface a setting and budget other than 1x, fitted or with the reason why not. count: draws of the noise."""
    groups: dict[tuple[Setting, float], list[Arm]] = {}
    for arm in evidence.arms:
        if arm.times_flops is not None and arm.times_flops != 1:
            groups.setdefault((arm.setting, arm.times_flops), []).append(arm)
    return [_surface(setting, times, collect_networks(arms), count) for (setting, times), arms in groups.items()]


def collect_networks(arms: Sequence[Arm]) -> tuple[MeasuredNetwork, ...]:
    """The different networks on the budget, each once with the most seeds that a rule gave it."""
    found: dict[str, MeasuredNetwork] = {}
    for arm in arms:
        if arm.cell is None or not arm.is_on_budget:
            continue
        shares = tuple(arm.cell.obtained[name] for name in SHARE_FIELDS)
        if not np.isfinite(shares).all():
            continue
        known = [key for key in arm.cell.keys if key in found]
        before = found[known[0]] if known else MeasuredNetwork((), (0.0, 0.0, 0.0), arm.cell)
        cell = max(before.cell, arm.cell, key=lambda each: len(each.seeds))
        network = MeasuredNetwork(
            tuple(dict.fromkeys([*before.rules, arm.rule])), (shares[0], shares[1], shares[2]), cell
        )
        found |= dict.fromkeys([*before.cell.keys, *arm.cell.keys], network)
    return tuple(dict.fromkeys(found.values()))


def _surface(setting: Setting, times: float, found: tuple[MeasuredNetwork, ...], count: int) -> ShareSurface:
    bare = ShareSurface(setting, times, found, 0, None, count)
    number = len(found)
    if number < PLANE_NETWORKS:
        have = "is 1 network" if number == 1 else f"are {number} networks"
        return ShareSurface(
            setting, times, found, 0, f"there {have} at this budget, and a plane needs {PLANE_NETWORKS}", count
        )
    if number >= QUADRATIC_NETWORKS and effective_rank(surface_terms(bare.points, 2)) == 6:
        return ShareSurface(setting, times, found, 2, None, count)
    if effective_rank(surface_terms(bare.points, 1)) < 3:
        return ShareSurface(setting, times, found, 0, "the networks' shares lie on one line", count)
    why = (
        f"{QUADRATIC_NETWORKS} are needed"
        if number < QUADRATIC_NETWORKS
        else "their shares do not tell its coefficients apart"
    )
    return ShareSurface(setting, times, found, 1, f"a plane: {number} networks allow no curvature, {why}", count)
