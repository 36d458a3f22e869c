"""False verdicts about two equal rules that miss the budget, with and without moving them to it."""

from dataclasses import replace

import numpy as np

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.synthetic_answers import ProbitNoise

TITLE = "Equal FLOPs to the last percent"
STUDIES = 200
HEAD = [
    "accuracy by FLOPs",
    "budgets",
    "obtained",
    "seeds",
    "as obtained: told apart",
    "moved: told apart",
    "coverage",
    "width",
]
IMAGES = 10_000
LAWS = {
    "4.2 points a doubling": lambda times: 0.72 + 0.042 * np.log2(times),
    "1.5 points a doubling": lambda times: 0.85 + 0.015 * np.log2(times),
    "error 10 % + 20 % / sqrt": lambda times: 0.90 - 0.20 * times**-0.5,
    "rises, then falls": lambda times: 0.72 + 0.06 * np.log2(times) - 0.02 * np.log2(times) ** 2,
}
CASES = [
    (law, budgets, ratios, seeds)
    for law, budgets in (*((law, (1.0, 2.0)) for law in LAWS), ("error 10 % + 20 % / sqrt", (1.0, 2.0, 4.0)))
    for ratios in ((0.95, 1.05), (0.98, 1.02))
    for seeds in (5, 10)
]


def measure_row(
    studies: int,
    rng: np.random.Generator,
    law: str,
    budgets: tuple[float, ...],
    ratios: tuple[float, float],
    seeds: int,
) -> list[str]:
    """Return the percentages of studies that tell the rules apart, and the coverage and width of the moved interval."""
    obtained = {(rule, times): times * ratio for times in budgets[1:] for rule, ratio in zip("ab", ratios, strict=True)}
    truth = {("a", 1.0): LAWS[law](1.0)} | {key: LAWS[law](times) for key, times in obtained.items()}
    rows = []
    for _ in range(studies):
        table = make_study_table(truth, seeds, IMAGES, rng, ProbitNoise(), obtained=obtained)
        evidence = collect_evidence(table)
        alone = replace(evidence, arms=tuple(arm for arm in evidence.arms if arm.times_flops == 2))
        (before,), (after,) = (
            next(comparison for comparison in compare_rules(selection) if comparison.level == 2).pairs
            for selection in (alone, evidence)
        )
        low, high = after.estimate.interval() if after.estimate else (np.nan, np.nan)
        rows.append((before.is_significant, after.is_significant, low <= 0 <= high, high - low))
    shares = np.mean(rows, axis=0)
    return [
        law,
        ", ".join(f"{times:g}x" for times in budgets),
        f"{ratios[0]}x and {ratios[1]}x",
        str(seeds),
        *(f"{100 * share:.1f}" for share in shares[:3]),
        f"{100 * shares[3]:.2f}",
    ]
