"""How often 95 % intervals hold a planted truth, and how often verdicts are right: `python benchmarks/coverage.py`.

Prints the tables of docs/statistics.md as markdown. --studies: of each line of the first table; the bootstrap and the
follow-ups take a quarter of it.
"""

import argparse
from collections.abc import Iterable
from time import perf_counter

import bootstrap
import numpy as np
import verdicts

from scaling_lab.analysis.rule_pairs import ALPHA
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.synthetic import ProbitNoise, make_cells

STUDIES = 4000
SEEDS = (3, 5, 10)
PICTURES = (2000, 10_000)
NOISES = {
    "quiet seeds": ProbitNoise(seed=0.02),
    "usual": ProbitNoise(),
    "loud seeds": ProbitNoise(seed=0.08),
    "pictures alike": ProbitNoise(rule=0.3),
    "seeds together": ProbitNoise(correlation=0.8),
}
TRUTH = {"a": 0.86, "b": 0.85}
METHODS = ("crossed", "Welch over seeds", "bootstrap, percentiles", "bootstrap, error times t")


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=STUDIES)
    studies = parser.parse_args().studies
    began = perf_counter()
    print(f"{studies:,} studies a line; bootstrap and follow-ups {studies // 4:,}.\n")
    show(["noise", "pictures", "seeds", *METHODS, "told apart"], intervals(studies))
    show(verdicts.NULL, verdicts.null(studies))
    show(verdicts.DIRECTION, verdicts.direction(studies))
    show(verdicts.FOLLOWED, verdicts.followed(studies // 4))
    print(f"{perf_counter() - began:.0f} s")


def intervals(studies: int) -> Iterable[list[str]]:
    """Coverage in percent and mean width in points of each method, rules one point apart; verdicts for the better."""
    for name, noise in NOISES.items():
        for pictures in PICTURES:
            for seeds in SEEDS:
                rng = np.random.default_rng([seeds, pictures, list(NOISES).index(name)])
                found = [_study(seeds, pictures, noise, rng, study % 4 == 0) for study in range(studies)]
                reached = [[row[method] for row in found if row[method]] for method in METHODS]
                told = f"{100 * np.mean([row['told apart'] for row in found]):.1f}"
                yield [name, f"{pictures:,}", str(seeds), *map(covered, reached), told]


def covered(reached: list[tuple[float, float]]) -> str:
    """Percent of intervals that hold the truth, with the mean width in points."""
    truth = TRUTH["a"] - TRUTH["b"]
    ends = np.array(reached)
    share = np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1]))
    return f"{100 * share:.1f} ({100 * np.mean(ends[:, 1] - ends[:, 0]):.2f})"


def _study(seeds: int, pictures: int, noise: ProbitNoise, rng: np.random.Generator, whole: bool) -> dict[str, object]:
    pair = make_cells(TRUTH, seeds, pictures, rng, noise)
    estimate = estimate_contrast([(pair["a"], 1.0), (pair["b"], -1.0)])
    if estimate is None:
        raise ValueError("no seed differs from another; the noise is too low for a study of coverage")
    drawn = bootstrap.intervals(pair["a"], pair["b"], estimate.freedom, rng) if whole else ((), ())
    found = dict(zip(METHODS, (estimate.interval(), estimate.welch_interval(), *drawn), strict=True))
    return found | {"told apart": estimate.p < ALPHA and estimate.value > 0}


def show(head: list[str], lines: Iterable[list[str]]) -> None:
    """A markdown table, a line as soon as it is there."""
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for line in lines:
        print(f"| {' | '.join(line)} |", flush=True)
    print()


if __name__ == "__main__":
    main()
