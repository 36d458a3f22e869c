"""The triangle of depth, width and resolution shares: its surfaces, their highest point, and what may be the highest.

A point is (depth share, resolution share); the width share is what is left of 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from scaling_lab.networks.scaling.shares import Shares, compound, fast

Array = NDArray[np.float64]

THIRD = 1 / 3
KNOWN_SHARES = {
    "compound": compound(1.2, 1.1, 1.15),
    "fast": fast(0.8),
    "uniform": Shares(THIRD, THIRD, THIRD),
    "depth": Shares(1, 0, 0),
    "width": Shares(0, 1, 0),
    "resolution": Shares(0, 0, 1),
}
"""Where known rules lie: the paper's, that of Dollar et al. 2021, a third each, and the single dimensions."""
CORNERS = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
REGION_STEPS, RIVAL_STEPS = 20, 10
"""Steps of a share between points that are asked whether they may be the best, and between their rivals."""
MULTIPLE_DRAWS = 1000
"""Draws that a multiple is taken from."""


def share_point(shares: Shares) -> Array:
    """The point of a rule."""
    return np.array([shares.depth, shares.resolution])


def surface_terms(points: Array, degree: int) -> Array:
    """The terms of a surface of degree 1 (a plane) or 2 at points (..., 2): (..., 3) or (..., 6)."""
    d, r = points[..., 0], points[..., 1]
    terms = [np.ones_like(d), d, r]
    return np.stack(terms if degree == 1 else [*terms, d * d, r * r, d * r], axis=-1)


def find_peaks(surfaces: Array) -> Array:
    """The highest point inside the triangle of each quadratic surface (m, 6): exact, (m, 2)."""
    candidates = [_inside(surfaces)]
    candidates += [_along(surfaces, CORNERS[one], CORNERS[other]) for one, other in ((0, 1), (1, 2), (2, 0))]
    candidates += [np.broadcast_to(corner, (len(surfaces), 2)) for corner in CORNERS]
    tried = np.stack(candidates, axis=1)
    heights = np.einsum("mkt,mt->mk", surface_terms(tried, 2), surfaces)
    found: Array = tried[np.arange(len(surfaces)), heights.argmax(axis=1)]
    return found


def _inside(surfaces: Array) -> Array:
    """Where the slope is 0, if that is a maximum inside; else a corner, which is tried anyway."""
    _, x, y, xx, yy, xy = surfaces.T
    determinant = 4 * xx * yy - xy**2
    good = (xx < 0) & (determinant > 1e-12)
    safe = np.where(good, determinant, 1.0)
    d, r = (xy * y - 2 * yy * x) / safe, (xy * x - 2 * xx * y) / safe
    good &= (d >= 0) & (r >= 0) & (d + r <= 1)
    return np.where(good[:, None], np.stack([d, r], axis=1), CORNERS[0])


def _along(surfaces: Array, start: Array, stop: Array) -> Array:
    """The highest point of an edge where the surface bends down along it; else its start."""
    first, middle, last = (surfaces @ surface_terms(start + t * (stop - start), 2) for t in (0.0, 0.5, 1.0))
    bend, slope = 2 * (first - 2 * middle + last), 4 * middle - 3 * first - last
    where = np.where(bend < 0, np.clip(-slope / np.where(bend < 0, 2 * bend, 1.0), 0, 1), 0.0)
    return start + where[:, None] * (stop - start)


def project_triangle(points: Array) -> Array:
    """Places on paper (..., 2) with equal sides of 1: depth above, width left, resolution right."""
    d, r = points[..., 0], points[..., 1]
    return np.stack([r + d / 2, d * 3**0.5 / 2], axis=-1)


def make_lattice(steps: int) -> Array:
    """Points of the triangle, as many steps apart on each side."""
    return np.array([[d / steps, r / steps] for d in range(steps + 1) for r in range(steps + 1 - d)])


@dataclass(frozen=True, eq=False)
class PeakRegion:
    """How far points are below a quadratic surface's highest one, at 95 %, whichever point that truly is.

    noise: of the surface's coefficients, a draw a row. The difference of a point from each rival u is known up to a
    multiple of its scale, the same multiple for all rivals at once, which suffices in 95 % of draws; the tightest ends
    bound the difference from the best. So choosing the best by the same data is paid for (Hsu 1984).
    """

    surface: Array
    noise: Array
    confidence: float

    def interval(self, point: Array) -> tuple[float, float]:
        """Of the surface at a point less its best; the upper end is 0 where it may be the best itself."""
        gains, reach = self._rivals(point)
        return float(min(0.0, -(gains + reach).max())), float(min(0.0, -(gains - reach).max()))

    def contains(self, point: Array) -> bool:
        """Whether a point may be the best."""
        return self._over(point) <= 0

    @cached_property
    def grid(self) -> tuple[Array, Array]:
        """Points over the triangle, and what each is surely below its best rival: up to 0, it may be the best."""
        points = make_lattice(REGION_STEPS)
        return points, np.array([self._over(point) for point in points])

    @property
    def ranges(self) -> Array:
        """Lowest and highest depth, width and resolution share (rows) of points that may be the best."""
        points, over = self.grid
        inside = np.vstack([points[over <= 0], self._best])
        whole = np.column_stack([inside[:, 0], 1 - inside.sum(axis=1), inside[:, 1]])
        return np.stack([whole.min(axis=0), whole.max(axis=0)], axis=1)

    def _over(self, point: Array) -> float:
        gains, reach = self._rivals(point)
        return float((gains - reach).max())

    def _rivals(self, point: Array) -> tuple[Array, Array]:
        """What each rival is above a point, and how far that may be off."""
        own = surface_terms(np.asarray(point, dtype=float), 2)
        moved = np.abs(self._moved - (self.noise[:MULTIPLE_DRAWS] @ own)[:, None])
        scale = np.hypot(np.median(moved, axis=0), self._floor)
        return (self._field - own) @ self.surface, float(
            np.quantile((moved / scale).max(axis=1), self.confidence)
        ) * scale

    @cached_property
    def _best(self) -> Array:
        return find_peaks(self.surface[None])[0]

    @cached_property
    def _field(self) -> Array:
        return surface_terms(np.vstack([make_lattice(RIVAL_STEPS), self._best]), 2)

    @cached_property
    def _moved(self) -> Array:
        return self.noise[:MULTIPLE_DRAWS] @ self._field.T

    @cached_property
    def _floor(self) -> float:
        """Half of what rivals mostly move against equal shares, so that a rival beside a point does not rule all."""
        centre = self.noise[:MULTIPLE_DRAWS] @ surface_terms(np.array([THIRD, THIRD]), 2)
        return max(0.5 * float(np.median(np.abs(self._moved - centre[:, None]))), 1e-12)


def effective_rank(terms: Array) -> int:
    """Rank of a surface's terms at some points, those that rounding alone keeps apart counted as one."""
    return int(np.linalg.matrix_rank(terms, tol=0.02 * len(terms) ** 0.5))


def is_within_hull(points: Sequence[Sequence[float]] | Array, where: Array) -> bool:
    """Whether a point lies among others: in their convex hull, or within 0.05 of it."""
    corners = np.asarray(points, dtype=float)
    system = np.vstack([corners.T, 10 * np.ones(len(corners))])
    return bool(nnls(system, np.append(where, 10.0))[1] <= 0.05)
