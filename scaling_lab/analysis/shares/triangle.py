"""Geometry of the triangle of depth, width and resolution shares: surfaces, their highest point and its region.

A point is (depth share, resolution share); the width share is the rest to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import nnls

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.networks.scaling.shares import Shares, compound, fast

THIRD = 1 / 3
KNOWN_SHARES = {
    "compound": compound(1.2, 1.1, 1.15),
    "fast": fast(0.8),
    "uniform": Shares(THIRD, THIRD, THIRD),
    "depth": Shares(1, 0, 0),
    "width": Shares(0, 1, 0),
    "resolution": Shares(0, 0, 1),
}
"""Shares of known rules: compound (Tan and Le 2019), fast (Dollar et al. 2021), equal shares, single dimensions."""
CORNERS = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
REGION_STEPS, RIVAL_STEPS = 20, 10
"""Number of steps along a side of the triangle: for candidates for the best point, and for their rivals."""
MULTIPLE_DRAWS = 1000
"""Number of draws from which the critical multiple is computed."""


def share_point(shares: Shares) -> FloatArray:
    """Return the point of a rule's shares, shape (2,)."""
    return np.array([shares.depth, shares.resolution])


def surface_terms(points: FloatArray) -> FloatArray:
    """Return the terms of a quadratic surface at points (..., 2), of shape (..., 6)."""
    d, r = points[..., 0], points[..., 1]
    return np.stack([np.ones_like(d), d, r, d * d, r * r, d * r], axis=-1)


def find_peaks(surfaces: FloatArray) -> FloatArray:
    """Return the exact highest point inside the triangle of each quadratic surface: (m, 6) -> (m, 2)."""
    candidates = [_interior_maximum(surfaces)]
    candidates += [_edge_maximum(surfaces, CORNERS[start], CORNERS[stop]) for start, stop in ((0, 1), (1, 2), (2, 0))]
    candidates += [np.broadcast_to(corner, (len(surfaces), 2)) for corner in CORNERS]
    stacked = np.stack(candidates, axis=1)
    heights = np.einsum("mkt,mt->mk", surface_terms(stacked), surfaces)
    highest: FloatArray = stacked[np.arange(len(surfaces)), heights.argmax(axis=1)]
    return highest


def _interior_maximum(surfaces: FloatArray) -> FloatArray:
    """Return the stationary point if it is a maximum inside the triangle; otherwise a corner."""
    _, x, y, xx, yy, xy = surfaces.T
    determinant = 4 * xx * yy - xy**2
    is_maximum = (xx < 0) & (determinant > 1e-12)
    safe = np.where(is_maximum, determinant, 1.0)
    d, r = (xy * y - 2 * yy * x) / safe, (xy * x - 2 * xx * y) / safe
    is_maximum &= (d >= 0) & (r >= 0) & (d + r <= 1)
    return np.where(is_maximum[:, None], np.stack([d, r], axis=1), CORNERS[0])


def _edge_maximum(surfaces: FloatArray, start: FloatArray, stop: FloatArray) -> FloatArray:
    """Return the highest point of an edge if the surface is concave along it; otherwise its start."""
    first, middle, last = (surfaces @ surface_terms(start + t * (stop - start)) for t in (0.0, 0.5, 1.0))
    bend, slope = 2 * (first - 2 * middle + last), 4 * middle - 3 * first - last
    position = np.where(bend < 0, np.clip(-slope / np.where(bend < 0, 2 * bend, 1.0), 0, 1), 0.0)
    return start + position[:, None] * (stop - start)


def project_triangle(points: FloatArray) -> FloatArray:
    """Project points (..., 2) to an equilateral triangle of side 1: depth at the top, width left, resolution right."""
    d, r = points[..., 0], points[..., 1]
    return np.stack([r + d / 2, d * 3**0.5 / 2], axis=-1)


def make_lattice(steps: int) -> FloatArray:
    """Return a regular grid of points of the triangle with the given number of steps along each side."""
    return np.array([[d / steps, r / steps] for d in range(steps + 1) for r in range(steps + 1 - d)])


@dataclass(frozen=True, eq=False)
class PeakRegion:
    """Confidence region of a quadratic surface's highest point, by multiple comparisons with the best (Hsu 1984).

    The difference of a point from each rival is known up to a multiple of its scale. One multiple is used for all
    rivals, large enough in 95 % of draws; the tightest ends bound the difference from the best. This accounts for
    choosing the best point from the same data.

    Attributes:
        surface: Coefficients, shape (6,).
        noise: Deviations of the coefficients, shape (draws, 6).
        confidence: Confidence level, such as 0.95.
    """

    surface: FloatArray
    noise: FloatArray
    confidence: float

    def interval(self, point: FloatArray, tests: int = 1) -> tuple[float, float]:
        """Return the interval of the surface at a point less its maximum; it ends at 0 if the point may be the best.

        Args:
            point: Depth and resolution share.
            tests: Number of intervals that hold together at the confidence level (Bonferroni).
        """
        gains, half_width = self._compare_with_rivals(point, 1 - (1 - self.confidence) / tests)
        return float(min(0.0, -(gains + half_width).max())), float(min(0.0, -(gains - half_width).max()))

    def contains(self, point: FloatArray) -> bool:
        """Return whether a point may be the best."""
        return self._least_deficit(point) <= 0

    @cached_property
    def grid(self) -> tuple[FloatArray, FloatArray]:
        """Grid points, and the least by which each is below its best rival; at 0 or less it may be the best."""
        points = make_lattice(REGION_STEPS)
        return points, np.array([self._least_deficit(point) for point in points])

    @property
    def ranges(self) -> FloatArray:
        """Lowest and highest depth, width and resolution share of the points that may be the best, shape (3, 2)."""
        points, deficits = self.grid
        inside = np.vstack([points[deficits <= 0], self._best])
        shares = np.column_stack([inside[:, 0], 1 - inside.sum(axis=1), inside[:, 1]])
        return np.stack([shares.min(axis=0), shares.max(axis=0)], axis=1)

    def _least_deficit(self, point: FloatArray) -> float:
        gains, half_width = self._compare_with_rivals(point, self.confidence)
        return float((gains - half_width).max())

    def _compare_with_rivals(self, point: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray]:
        """Return by how much each rival is above a point, and the half-width of that difference."""
        terms = surface_terms(np.asarray(point, dtype=float))
        deviations = np.abs(self._deviations - (self.noise[:MULTIPLE_DRAWS] @ terms)[:, None])
        scale = np.hypot(np.median(deviations, axis=0), self._floor)
        multiple = float(np.quantile((deviations / scale).max(axis=1), confidence))
        return (self._rivals - terms) @ self.surface, multiple * scale

    @cached_property
    def _best(self) -> FloatArray:
        best: FloatArray = find_peaks(self.surface[None])[0]
        return best

    @cached_property
    def _rivals(self) -> FloatArray:
        return surface_terms(np.vstack([make_lattice(RIVAL_STEPS), self._best]))

    @cached_property
    def _deviations(self) -> FloatArray:
        deviations: FloatArray = self.noise[:MULTIPLE_DRAWS] @ self._rivals.T
        return deviations

    @cached_property
    def _floor(self) -> float:
        """Half the median deviation of rivals from equal shares; keeps rivals next to a point from dominating."""
        centre = self.noise[:MULTIPLE_DRAWS] @ surface_terms(np.array([THIRD, THIRD]))
        return max(0.5 * float(np.median(np.abs(self._deviations - centre[:, None]))), 1e-12)


def effective_rank(terms: FloatArray) -> int:
    """Return the rank of a surface's terms at some points, counting points that differ only by rounding as one."""
    return int(np.linalg.matrix_rank(terms, tol=0.02 * len(terms) ** 0.5))


def is_within_hull(points: Sequence[Sequence[float]] | FloatArray, point: FloatArray) -> bool:
    """Return whether a point lies in the convex hull of others, or within 0.05 of it."""
    corners = np.asarray(points, dtype=float)
    system = np.vstack([corners.T, 10 * np.ones(len(corners))])
    return bool(nnls(system, np.append(point, 10.0))[1] <= 0.05)
