"""Coverage of 95 % intervals and error rates of verdicts on synthetic studies: `python benchmarks/coverage.py`.

Print the tables of docs/statistics.md as Markdown. `--studies` is the number of studies per row of the first table; the
bootstrap and the follow-up studies use a quarter of it.
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
IMAGE_COUNTS = (2000, 10_000)
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
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=STUDIES)
    studies = parser.parse_args().studies
    began = perf_counter()
    print(f"{studies:,} studies per row; {studies // 4:,} for the bootstrap and the follow-up studies.\n")
    print_table(["noise", "images", "seeds", *METHODS, "told apart"], measure_intervals(studies))
    print_table(verdicts.FALSE_VERDICT_HEAD, verdicts.measure_false_verdicts(studies))
    print_table(verdicts.DIRECTION_HEAD, verdicts.measure_direction(studies))
    print_table(verdicts.FOLLOW_UP_HEAD, verdicts.measure_follow_ups(studies // 4))
    print(f"{perf_counter() - began:.0f} s")


def measure_intervals(studies: int) -> Iterable[list[str]]:
    """Yield the coverage (percent) and mean width (points) of each method, and the share of significant verdicts.

    The two rules differ by one point.
    """
    for name, noise in NOISES.items():
        for images in IMAGE_COUNTS:
            for seeds in SEEDS:
                rng = np.random.default_rng([seeds, images, list(NOISES).index(name)])
                rows = [_run_study(seeds, images, noise, rng, study % 4 == 0) for study in range(studies)]
                intervals_by_method = [[row[method] for row in rows if row[method]] for method in METHODS]
                significant = f"{100 * np.mean([row['told apart'] for row in rows]):.1f}"
                yield [name, f"{images:,}", str(seeds), *map(format_coverage, intervals_by_method), significant]


def format_coverage(intervals: list[tuple[float, float]]) -> str:
    """Return the percentage of intervals that cover the truth, and their mean width in points."""
    truth = TRUTH["a"] - TRUTH["b"]
    ends = np.array(intervals)
    share = np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1]))
    return f"{100 * share:.1f} ({100 * np.mean(ends[:, 1] - ends[:, 0]):.2f})"


def _run_study(
    seeds: int, images: int, noise: ProbitNoise, rng: np.random.Generator, with_bootstrap: bool
) -> dict[str, object]:
    pair = make_cells(TRUTH, seeds, images, rng, noise)
    estimate = estimate_contrast([(pair["a"], 1.0), (pair["b"], -1.0)])
    if estimate is None:
        raise ValueError("all seeds agree; the noise is too low to study coverage")
    drawn = bootstrap.intervals(pair["a"], pair["b"], estimate.freedom, rng) if with_bootstrap else ((), ())
    intervals = dict(zip(METHODS, (estimate.interval(), estimate.welch_interval(), *drawn), strict=True))
    return intervals | {"told apart": estimate.p < ALPHA and estimate.value > 0}


def print_table(head: list[str], lines: Iterable[list[str]]) -> None:
    """Print a Markdown table row by row."""
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for line in lines:
        print(f"| {' | '.join(line)} |", flush=True)
    print()


if __name__ == "__main__":
    main()
