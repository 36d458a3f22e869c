"""Intervals of a pair and bands of curves by test loss, for losses that follow a law of the fitted form."""

import numpy as np

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.curves.fit import fit_curves
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.metrics import LOSS
from scaling_lab.analysis.scoring import Scoring
from scaling_lab.analysis.synthetic import make_study_table

TITLE = "Test loss and top-5 accuracy"
STUDIES = 60
BUDGETS = (1.0, 2.0, 4.0, 8.0, 16.0)
PLACES = (1.0, 3.0, 16.0, 32.0)
HEAD = ["seeds' losses", "spread, nats", "seeds", "interval of a pair", "told apart"]
HEAD += [*(f"band at {place:g}x" for place in PLACES), "misfit"]
A, B, C = 0.4, 0.9, 0.4
CASES = [(shape, spread, seeds) for shape in ("normal", "t(2.5)") for spread in (0.003, 0.02) for seeds in (3, 5, 10)]
IMAGES = 200
MISFIT = 0.05


def measure_row(studies: int, rng: np.random.Generator, shape: str, spread: float, seeds: int) -> list[str]:
    """Return coverage of the interval and of bands, and rates of false verdicts and misfits, in percent."""
    places = np.array(PLACES)
    law = A + B * places**-C
    truth = {(rule, times): 0.8 for rule in "ab" for times in BUDGETS}
    rows = []
    for _ in range(studies):
        table = make_study_table(truth, seeds, IMAGES, rng)
        noise = rng.normal(size=len(table)) if shape == "normal" else rng.standard_t(2.5, len(table)) / 5**0.5
        by_key = dict(zip(table["key"], spread * noise, strict=True))
        losses = A + B * table["times_flops"].astype(float) ** -C + table["key"].map(by_key)
        table = table.assign(test_loss=losses)
        evidence = Scoring(LOSS).score(collect_evidence(table), table)
        pair = compare_rules(evidence)[-1].pairs[0]
        low, high = pair.estimate.interval() if pair.estimate else (-np.inf, np.inf)
        curve = fit_curves(evidence)[0]
        least, most = curve.band(1e6 * places) or (-np.inf, np.inf)
        covered = (least <= 1 - law) & (1 - law <= most)
        is_misfit = curve.misfit is not None and curve.misfit < MISFIT
        rows.append([low <= 0 <= high, pair.is_significant, *covered, is_misfit])
    shares = np.mean(np.array(rows, dtype=float), axis=0)
    return [shape, f"{spread:g}", str(seeds), *(f"{100 * share:.0f}" for share in shares)]
