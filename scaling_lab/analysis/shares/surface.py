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
from scaling_lab.analysis.shares.triangle import RULES, Peak, at, basis, between, peaks, rank
from scaling_lab.analysis.stats.contrast import CONFIDENCE, contrast
from scaling_lab.analysis.stats.noise import DRAWS, Draws, draws, weights, why_no_noise

Array = NDArray[np.float64]

SHARES = ("depth_share", "width_share", "resolution_share")
PLANE, QUADRATIC = 4, 7
"""Different networks that a plane and a surface of second degree need: one more than their coefficients."""


@dataclass(frozen=True, eq=False)
class Network:
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
class Surface:
    """Accuracy over the triangle in one setting at one budget. degree: 2, 1 for a plane, 0 with the reason in words."""

    setting: Setting
    times_flops: float
    networks: tuple[Network, ...]
    degree: int
    reason: str | None
    count: int = DRAWS

    @property
    def points(self) -> Array:
        """Depth and resolution share of each network."""
        return np.array([[network.shares[0], network.shares[2]] for network in self.networks]).reshape(-1, 2)

    @property
    def cells(self) -> list[Cell]:
        """The networks' cells."""
        return [network.cell for network in self.networks]

    @property
    def no_interval(self) -> str | None:
        """Why there are no intervals and no region; None where there are."""
        return self.reason if not self.degree else why_no_noise(self.cells)

    @cached_property
    def coefficients(self) -> Array:
        """Of `triangle.basis`. Raises ValueError where nothing was fitted."""
        if not self.degree:
            raise ValueError(f"no surface at {self.times_flops:g} times the FLOPs: {self.reason}")
        found: Array = self._solver @ self._accuracies
        return found

    def accuracy(self, points: Array) -> Array:
        """The surface at points (..., 2) of depth and resolution share, 0 to 1."""
        found: Array = basis(points, self.degree) @ self.coefficients
        return found

    @cached_property
    def best(self) -> Array | None:
        """The highest point inside the triangle; None without a surface of second degree."""
        return peaks(self.coefficients[None])[0] if self.degree == 2 else None

    @property
    def extrapolated(self) -> bool:
        """Whether the best point lies outside of the measured networks."""
        return self.best is not None and not between(self.points, self.best)

    @cached_property
    def region(self) -> Peak | None:
        """What may be the best point; None without intervals or without a best point."""
        if self.degree < 2 or self._noise is None:
            return None
        return Peak(self.coefficients, self._noise.of(self.cells) @ self._solver.T, CONFIDENCE)

    @property
    def reference(self) -> Array:
        """What standings are differences from: the best point, or for a plane equal shares."""
        return at(RULES["uniform"]) if self.best is None else self.best

    @cached_property
    def standings(self) -> list[Standing]:
        """The known rules against the reference, the highest first; none without a surface."""
        found = [self._standing(rule, at(shares)) for rule, shares in RULES.items()] if self.degree else []
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
        return float(np.median(np.sqrt((self._left(self._noise.of(self.cells)) ** 2).mean(axis=1))))

    @property
    def misfit(self) -> float | None:
        """p of residuals as large as these if the surface were the truth; None without intervals."""
        if self._noise is None:
            return None
        squares = self._left(self._noise.of(self.cells)) ** 2 @ self._weights
        return float((squares >= self._left(self._accuracies) ** 2 @ self._weights).mean())

    def _standing(self, rule: str, point: Array) -> Standing:
        terms = basis(point, self.degree) - basis(self.reference, self.degree)
        interval = self.region.interval(point) if self.region else None
        if self.degree == 1 and not self.no_interval:
            estimate = contrast(list(zip(self.cells, (terms @ self._solver).tolist(), strict=True)))
            interval = estimate.interval() if estimate else None
        return Standing(rule, point, float(terms @ self.coefficients), interval, not between(self.points, point))

    def _left(self, accuracies: Array) -> Array:
        """Accuracies (..., networks) less the surface fitted to them."""
        return accuracies - accuracies @ (basis(self.points, self.degree) @ self._solver).T

    @cached_property
    def _solver(self) -> Array:
        """From accuracies to coefficients."""
        root = np.sqrt(self._weights)
        found: Array = np.linalg.pinv(basis(self.points, self.degree) * root[:, None]) * root
        return found

    @cached_property
    def _weights(self) -> Array:
        return weights(self.cells)

    @property
    def _accuracies(self) -> Array:
        return np.array([network.accuracy for network in self.networks])

    @cached_property
    def _noise(self) -> Draws | None:
        return None if self.no_interval else draws(self.cells, self.count)


def surfaces(evidence: Evidence, count: int = DRAWS) -> list[Surface]:
    """A surface a setting and budget other than 1x, fitted or with the reason why not. count: draws of the noise."""
    groups: dict[tuple[Setting, float], list[Arm]] = {}
    for arm in evidence.arms:
        if arm.times_flops is not None and arm.times_flops != 1:
            groups.setdefault((arm.setting, arm.times_flops), []).append(arm)
    return [_surface(setting, times, networks(arms), count) for (setting, times), arms in groups.items()]


def networks(arms: Sequence[Arm]) -> tuple[Network, ...]:
    """The different networks on the budget, each once with the most seeds that a rule gave it."""
    found: dict[str, Network] = {}
    for arm in arms:
        if arm.cell is None or not arm.met:
            continue
        shares = tuple(arm.cell.got[name] for name in SHARES)
        if not np.isfinite(shares).all():
            continue
        known = [key for key in arm.cell.keys if key in found]
        before = found[known[0]] if known else Network((), (0.0, 0.0, 0.0), arm.cell)
        cell = max(before.cell, arm.cell, key=lambda each: len(each.seeds))
        network = Network(tuple(dict.fromkeys([*before.rules, arm.rule])), (shares[0], shares[1], shares[2]), cell)
        found |= dict.fromkeys([*before.cell.keys, *arm.cell.keys], network)
    return tuple(dict.fromkeys(found.values()))


def _surface(setting: Setting, times: float, found: tuple[Network, ...], count: int) -> Surface:
    bare = Surface(setting, times, found, 0, None, count)
    number = len(found)
    if number < PLANE:
        have = "is 1 network" if number == 1 else f"are {number} networks"
        return Surface(setting, times, found, 0, f"there {have} at this budget, and a plane needs {PLANE}", count)
    if number >= QUADRATIC and rank(basis(bare.points, 2)) == 6:
        return Surface(setting, times, found, 2, None, count)
    if rank(basis(bare.points, 1)) < 3:
        return Surface(setting, times, found, 0, "the networks' shares lie on one line", count)
    why = f"{QUADRATIC} are needed" if number < QUADRATIC else "their shares do not tell its coefficients apart"
    return Surface(setting, times, found, 1, f"a plane: {number} networks allow no curvature, {why}", count)
