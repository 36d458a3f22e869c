"""How often a difference of rules is said to change between two lengths of training, where it does and where not."""

import numpy as np
import pandas as pd

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.lengths import compare_lengths
from scaling_lab.analysis.synthetic import make_study_table
from sections.noises import NOISES

TITLE = "Changes between lengths of training"
PAGE = "agreement.md"
STUDIES = 100
IMAGES = 2000
CHANGE = 0.03
HEAD = [
    "noise",
    "rules",
    "seeds",
    "any change found, none true",
    "winner at one length only, none true",
    "true change of 3 points found",
]
CASES = [(noise, rules, seeds) for noise in ("usual",) for rules in (2, 4) for seeds in (3, 5)]


def measure_row(studies: int, rng: np.random.Generator, noise: str, rules: int, seeds: int) -> list[str]:
    """Return percentages of studies after 4 and 16 epochs, whose rules differ by a point each.

    In the second studies, the first rule has three points more after 16 epochs.
    """
    false = one_sided = detected = 0
    for _ in range(studies):
        (unchanged,) = compare_lengths(compare_rules(collect_evidence(_make_table(rules, seeds, noise, 0.0, rng))))
        false += any(at.change and at.change.is_significant for pair in unchanged.pairs for at in pair.at)
        one_sided += any(len({at.winner for at in pair.at}) > 1 for pair in unchanged.pairs)
        (changed,) = compare_lengths(compare_rules(collect_evidence(_make_table(rules, seeds, noise, CHANGE, rng))))
        pair = next(pair for pair in changed.pairs if {pair.first, pair.second} == {"0", "1"})
        detected += any(at.change and at.change.is_significant for at in pair.at)
    return [noise, str(rules), str(seeds), *(f"{100 * count / studies:.0f}" for count in (false, one_sided, detected))]


def _make_table(rules: int, seeds: int, noise: str, change: float, rng: np.random.Generator) -> pd.DataFrame:
    """Return a study of two lengths with the same test images."""
    accuracies = {
        (f"{rule}@{epochs}", 2.0): (0.80 if epochs == 4 else 0.84) + rule / 100 + change * (rule == 0 and epochs == 16)
        for rule in range(rules)
        for epochs in (4, 16)
    }
    table = make_study_table(accuracies, seeds, IMAGES, rng, NOISES[noise])
    split = table["rule"].str.split("@", expand=True)
    recipe = "synthetic(epochs=" + split[1] + ")"
    return table.assign(rule=split[0], recipe=recipe, epochs=split[1].astype(int))
