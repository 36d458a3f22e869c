"""Study tables with known truth for tests of claims."""

import numpy as np
import pandas as pd

from scaling_lab.analysis.obtained_scaling import OBTAINED_SHARES
from scaling_lab.analysis.synthetic import make_study_table

HOLDS, FAILS, UNDECIDED, OUT = "holds", "does not hold", "cannot be told", "out of scope"
SINGLES = ("depth", "width", "resolution")
SHARES = {
    "depth": (1, 0, 0),
    "width": (0, 1, 0),
    "resolution": (0, 0, 1),
    "compound": (0.3, 0.3, 0.4),
    "fast": (0.1, 0.8, 0.1),
    "resnet_rs": (0.6, 0.0, 0.4),
}


def made(truth, family="synthetic", seeds=6, flops=1.0, params=1.0, rng=1, **columns):
    table = make_study_table(truth, seeds, 10_000, np.random.default_rng(rng), family=family)
    shares = pd.DataFrame([SHARES[rule] for rule in table["rule"]], index=table.index, dtype=float)
    table[list(OBTAINED_SHARES)] = shares.where(table["times_flops"] != 1)
    for name, power, share in zip("dwr", (1, 0.5, 0.5), shares, strict=True):
        table[name] = table["times_flops"] ** (power * shares[share])
    table["flops"] *= flops
    table["params"] *= params
    return table.assign(**{"device": "cuda, a GPU"} | columns)


def at(best, others=0.90, rule="compound", base=0.88):
    truth = {(name, 1.0): base for name in (*SINGLES, rule)}
    return truth | {(name, 2.0): others for name in SINGLES} | {(rule, 2.0): best}


def verdicts(judged):
    return [judgement.verdict for judgement in judged]


def curve(gains, base=0.86):
    return {("width", float(2**step)): base + gain for step, gain in enumerate((0.0, *gains))}


COMPLETE = made(at(0.92) | curve((0.02, 0.03), base=0.88), seeds=4)
