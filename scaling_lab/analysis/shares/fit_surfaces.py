"""Fit a surface over the triangle of shares for each setting and budget of a study, or say why not."""

from dataclasses import replace

from scaling_lab.analysis.evidence import Arm, Evidence
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.shares.networks import MeasuredNetwork, collect_networks
from scaling_lab.analysis.shares.surface import ShareSurface
from scaling_lab.analysis.shares.triangle import effective_rank, surface_terms
from scaling_lab.analysis.stats.noise import NOISE_DRAWS
from scaling_lab.formatting import pluralize

MIN_NETWORKS = 7
"""Number of different networks that a surface needs: one more than its coefficients, so that its fit can be tested."""


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
    surface = ShareSurface(setting, times, networks, None, count)
    if number < MIN_NETWORKS:
        there = f"there {'is' if number == 1 else 'are'} only {pluralize(number, 'network')} at this budget"
        return replace(surface, no_surface_reason=f"{there}, and a quadratic surface needs {MIN_NETWORKS}")
    if effective_rank(surface_terms(surface.points)) < 6:
        return replace(surface, no_surface_reason="the networks' shares do not determine a quadratic surface")
    return surface
