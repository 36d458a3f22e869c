"""How often claims of the papers are said to hold, and not to hold, in studies of known truth."""

import numpy as np

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.obtained_scaling import OBTAINED_SHARES
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.paper.claims import all_claims

TITLE = "Claims of the papers"
STUDIES = 300
IMAGES = 2000
DELTA = 0.01
HEAD = ["claim", "truth", "seeds", "holds, %", "does not hold, %"]
SHARES = {"depth": (1, 0, 0), "width": (0, 1, 0), "resolution": (0, 0, 1), "compound": (0.3, 0.3, 0.4)}
TRUTHS = {
    "alike": {
        "equal": (0.9, 0.9, 0.9, 0.9),
        "one rule higher by delta": (0.9, 0.9, 0.9, 0.91),
        "one rule higher by three deltas": (0.9, 0.9, 0.9, 0.93),
    },
    "compound": {
        "equal": (0.9, 0.9, 0.9, 0.9),
        "compound higher than two by 2 points": (0.9, 0.9, 0.92, 0.92),
        "compound higher than three by 2 points": (0.9, 0.9, 0.9, 0.92),
        "compound lower than one by 2 points": (0.9, 0.9, 0.92, 0.9),
    },
    "diminishing": {
        "no gain": (0.86, 0.86, 0.86, 0.86),
        "2 points per doubling": (0.86, 0.88, 0.9, 0.92),
        "5, 1 and 0.5 points": (0.86, 0.91, 0.92, 0.925),
        "2 points lower at each doubling": (0.86, 0.84, 0.82, 0.8),
    },
}
CASES = [(claim, truth, seeds) for claim, truths in TRUTHS.items() for truth in truths for seeds in (3, 5)]


def measure_row(studies: int, rng: np.random.Generator, name: str, truth: str, seeds: int) -> list[str]:
    """Return the percentages of studies with each verdict."""
    claim, accuracies = all_claims()[name], TRUTHS[name][truth]
    verdicts = []
    for _ in range(studies):
        if name == "diminishing":
            study = {("width", float(2**step)): accuracy for step, accuracy in enumerate(accuracies)}
        else:
            study = {(rule, 1.0): 0.88 for rule in SHARES}
            study |= {(rule, 2.0): accuracy for rule, accuracy in zip(SHARES, accuracies, strict=True)}
        table = make_study_table(study, seeds, IMAGES, rng)
        shares = np.array([SHARES[rule] for rule in table["rule"]])
        table[list(OBTAINED_SHARES)] = shares
        times = table["times_flops"].to_numpy(dtype=float)[:, None]
        table[["d", "w", "r"]] = times ** (shares * [1, 0.5, 0.5])
        options = (VerdictOptions(delta=DELTA),) if claim.needs_options else ()
        (judgement,) = claim.judge_measured(collect_evidence(table), *options)
        verdicts.append(judgement.verdict)
    rates = [f"{100 * verdicts.count(verdict) / studies:.1f}" for verdict in ("holds", "does not hold")]
    return [claim.name, truth, str(seeds), *rates]
