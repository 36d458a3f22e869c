"""How often ordinary seeds are called collapsed, and collapsed seeds are noticed."""

import numpy as np

from scaling_lab.analysis.unlearned.kinds import collapsed_seeds

TITLE = "Networks that did not learn"
STUDIES = 20_000
SHAPES = {
    "normal": lambda rng, seeds: rng.normal(size=seeds),
    "t(2.5)": lambda rng, seeds: rng.standard_t(2.5, seeds),
    "skewed down": lambda rng, seeds: 1 - rng.exponential(size=seeds),
}
ACCURACY = 0.88
LEVELS = (0.75, 0.6, 0.4)
HEAD = [
    *("seeds' accuracies", "spread, % of the accuracy", "seeds", "false flags per 1,000 networks"),
    *(f"noticed at {100 * level:.0f} %" for level in LEVELS),
]
CASES = [
    (shape, spread, seeds)
    for shape, spreads in (("normal", (0.4, 2.0, 5.0, 8.0, 15.0)), ("t(2.5)", (0.4, 2.0)), ("skewed down", (0.4, 2.0)))
    for spread in spreads
    for seeds in (3, 5, 10)
]


def measure_row(studies: int, rng: np.random.Generator, shape: str, spread: float, seeds: int) -> list[str]:
    """Return the rate of networks with a flagged seed, and how often a seed at some accuracies is flagged."""
    false, noticed = 0, dict.fromkeys(LEVELS, 0)
    few = max(1, studies // 20)
    for study in range(studies):
        values = np.clip(ACCURACY * (1 + spread / 100 * SHAPES[shape](rng, seeds)), 0.1, 1)
        false += collapsed_seeds(values).any()
        if study < few:
            for level in LEVELS:
                noticed[level] += collapsed_seeds([level, *values[1:]])[0]
    rates = [f"{100 * count / few:.0f} %" for count in noticed.values()]
    return [shape, f"{spread:g}", str(seeds), f"{1000 * false / studies:.2f}", *rates]
