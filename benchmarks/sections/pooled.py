"""Coverage of the mean over settings by several methods, and of the prediction for a new setting."""

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import norm, t

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.obtained_scaling import OBTAINED_COLUMNS
from scaling_lab.analysis.pooling.covariance import covariance_of_differences
from scaling_lab.analysis.pooling.differences import SettingDifference
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.stats.random_effects import fit_random_effects

TITLE = "Coverage over settings"
PAGE = "pooling.md"
STUDIES = 200
HEAD = [
    "settings",
    "tau",
    "images",
    "precision",
    "normal",
    "HKSJ, own variances",
    "HKSJ",
    "modified HKSJ",
    "t test",
    "without covariance",
    "used",
    "width",
    "settings differ",
    "new setting",
]
IMAGES = 1000
ACCURACY = 0.85
BY_IMAGE, BY_RULE, BY_NETWORK = 3.0, 0.7, 0.3
"""Standard deviations of a probit model: of images, of rules on images in all settings, of networks on images."""
PRECISIONS = {"equal": ((5, 0.08),), "unequal": ((3, 0.2), (8, 0.03))}
"""Seeds and standard deviation of seeds, which the settings have in turn."""
CASES = [
    (count, tau, images, precision)
    for count in (2, 3, 5, 10)
    for tau in (0.0, 0.005, 0.02)
    for images, precision in (("own", "equal"), ("own", "unequal"), ("shared", "equal"), ("shared", "unequal"))
]


def measure_row(studies: int, rng: np.random.Generator, count: int, tau: float, images: str, kind: str) -> list[str]:
    """Return the percentages of studies in which each interval contains the true mean, and the width of one."""
    rows = [measure_study(rng, count, tau, images == "shared", PRECISIONS[kind]) for _ in range(studies)]
    shares = np.nanmean(np.array(rows, dtype=float), axis=0) if count > 2 else np.array(rows, dtype=float).mean(axis=0)
    *covered, width, differ, predicted = shares
    percent = [f"{100 * share:.1f}" for share in covered]
    new = "" if np.isnan(predicted) else f"{100 * predicted:.1f}"
    return [str(count), f"{100 * tau:g}", images, kind, *percent, f"{100 * width:.1f}", f"{100 * differ:.1f}", new]


def measure_study(
    rng: np.random.Generator, count: int, tau: float, is_shared: bool, precisions: tuple[tuple[int, float], ...]
) -> tuple[float, ...]:
    """Return whether each interval contains the true mean 0, and what is said about the spread of settings."""
    differences = draw_differences(rng, count, tau, is_shared, precisions)
    values = np.array([difference.value for difference in differences])
    covariance = covariance_of_differences(differences)
    own = covariance.copy()
    np.fill_diagonal(own, [difference.estimate.standard_error**2 for difference in differences])
    freedoms = np.array([difference.estimate.freedom for difference in differences])
    used, with_own = (fit_random_effects(values, matrix, freedoms) for matrix in (covariance, own))
    alone = fit_random_effects(values, np.diag(np.diag(covariance)))
    quantile = t.ppf(0.975, count - 1)
    modified = used.error if used.tau else used.least_error  # with Paule and Mandel's tau, HKSJ's factor is 1 then
    low, high = used.interval()
    predicted = used.prediction()
    new = rng.normal(0, tau) if tau else 0.0
    return (
        abs(used.value) <= norm.ppf(0.975) * modified,
        abs(with_own.value) <= quantile * with_own.error,
        abs(used.value) <= quantile * used.error,
        abs(used.value) <= quantile * modified,
        abs(values.mean()) <= quantile * values.std(ddof=1) / np.sqrt(count),
        alone.interval()[0] <= 0 <= alone.interval()[1],
        low <= 0 <= high,
        high - low,
        used.q_p < 0.05,
        np.nan if predicted is None else predicted[0] <= new <= predicted[1],
    )


def draw_differences(
    rng: np.random.Generator, count: int, tau: float, is_shared: bool, precisions: tuple[tuple[int, float], ...]
) -> list[SettingDifference]:
    """Draw the difference of two rules in each setting; its true value has mean 0 and standard deviation `tau`."""
    differences = []
    difficulty, favours = _draw_images(rng)
    for place in range(count):
        seeds, loudness = precisions[place % len(precisions)]
        if not is_shared:
            difficulty, favours = _draw_images(rng)
        gain = rng.normal(0, tau) if tau else 0.0
        networks = [
            (_draw_cell(rng, f"{place}-{sign}", ACCURACY + sign * gain / 2, seeds, loudness, difficulty + favour), sign)
            for favour, sign in zip(favours, (1.0, -1.0), strict=True)
        ]
        estimate = estimate_contrast(networks)
        if estimate is None:
            raise ValueError("all seeds agree; use more images")
        setting = Setting(str(place), "images" if is_shared else f"images {place}", "", "", 1.0)
        differences.append(SettingDifference(setting, 2.0, estimate.value, estimate, networks, 0.8))
    return differences


def _draw_images(rng: np.random.Generator) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    first, second = rng.normal(0, BY_RULE, (2, IMAGES))
    return rng.normal(0, BY_IMAGE, IMAGES), (first, second)


def _draw_cell(
    rng: np.random.Generator, name: str, accuracy: float, seeds: int, loudness: float, by_image: np.ndarray
) -> Cell:
    scale = np.sqrt(1 + loudness**2 + BY_IMAGE**2 + BY_RULE**2 + BY_NETWORK**2)
    threshold = float(ndtri(accuracy)) * scale + by_image + rng.normal(0, BY_NETWORK, IMAGES)
    right = rng.random((seeds, IMAGES)) < ndtr(threshold + rng.normal(0, loudness, (seeds, 1)))
    return Cell(
        keys=tuple(f"{name}-{seed}" for seed in range(seeds)),
        seeds=tuple(range(seeds)),
        test_images=IMAGES,
        packed=np.packbits(right, axis=1),
        held_out_accuracy=right.mean(axis=1),
        costs={"flops": 1e6},
        obtained=dict.fromkeys(OBTAINED_COLUMNS, 1.0),
        point_seconds=1.0,
    )
