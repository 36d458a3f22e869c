"""What is known about two rules at one budget from several settings."""

from dataclasses import dataclass

from scaling_lab.analysis.length_groups import without_length
from scaling_lab.analysis.metrics import ACCURACY, Metric
from scaling_lab.analysis.pooling.differences import LeftOut, SettingDifference
from scaling_lab.analysis.rule_pairs import ALL_PAIRS
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import ALPHA
from scaling_lab.analysis.stats.holm import AdjustedTests
from scaling_lab.analysis.stats.random_effects import RandomEffects
from scaling_lab.analysis.verdict_options import VerdictOptions


@dataclass(frozen=True)
class PooledPair(AdjustedTests):
    """Two rules at one budget over several settings. Differences are 0 to 1.

    Attributes:
        first: The rule with the higher mean over all settings.
        second: The other rule.
        differences: First less second in each setting that counts.
        left_out: The other settings in which both rules have results.
        effect: The random-effects summary; None with fewer than two settings.
        here: Plain mean over these settings and its 95 % interval for other seeds and test images, which says nothing
            about other settings; None with fewer than two.
        p: Two-sided p value of the summary, corrected for looks and by Holm's method over the pairs of the budget; None
            without a summary and for a pair that is not planned.
        p_alike: Likewise of the hypothesis that the mean is delta or more away from 0; None without a delta.
        delta: Smallest difference that matters; None if not given.
        is_planned: Whether the pair is to be tested; without planned contrasts all are.
        metric: The measurement that is compared.
    """

    first: str
    second: str
    differences: tuple[SettingDifference, ...]
    left_out: tuple[LeftOut, ...] = ()
    effect: RandomEffects | None = None
    here: tuple[float, float, float] | None = None
    p: float | None = None
    p_alike: float | None = None
    delta: float | None = None
    is_planned: bool = True
    metric: Metric = ACCURACY

    @property
    def is_same_network(self) -> bool:
        """False: settings where the rules led to the same network are left out."""
        return False

    @property
    def differ(self) -> bool:
        """Whether the settings differ by more than noise (p of Cochran's Q below 0.05)."""
        return self.effect is not None and self.effect.q_p < ALPHA


@dataclass(frozen=True)
class PooledBudget:
    """The pooled pairs of one budget.

    Attributes:
        level: The budget in times the baseline's FLOPs, the smallest of those that are counted as one.
        settings: All settings with a network at this budget.
        pairs: The pairs that are compared in at least two settings, those with a summary first.
        options: Which pairs are tested, and which difference matters.
    """

    level: float
    settings: tuple[Setting, ...]
    pairs: tuple[PooledPair, ...]
    options: VerdictOptions = ALL_PAIRS

    @property
    def setting_count(self) -> int:
        """Number of settings that differ in more than the length of training."""
        return len({without_length(setting) for setting in self.settings})
