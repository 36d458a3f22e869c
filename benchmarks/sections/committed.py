"""Variances of the committed results next to those of the synthetic noise: I, A and B of docs/statistics.md."""

from itertools import combinations
from pathlib import Path

import numpy as np

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.load import read_results_folder
from scaling_lab.analysis.synthetic import make_cells
from sections.noises import ACCURACIES, NOISES

TITLE = "The noise of the committed results"
STUDIES = 10
HEAD = ["networks", "images", "accuracy", "A, as standard deviation", "I", "B of a pair, median", "B, largest"]
RESULTS = Path(__file__).parents[2] / "results"
STUDY_NAMES = (
    "rules-reference",
    "cifar-reference",
    "fashion-rules",
    "quick-reference",
    "cifar10-rules",
    "cifar10-lengths",
    "cifar10-rates",
    "cifar10-baselines",
    "figure4",
    "figure8",
)
CASES = [
    *((f"results/{name}", "") for name in STUDY_NAMES),
    *((f"synthetic, {name}", name) for name in ("usual", "rules apart", "beta", "CIFAR-10")),
]


def measure_row(studies: int, rng: np.random.Generator, label: str, noise: str) -> list[str]:
    """Return the variances; those of synthetic networks are means over studies."""
    if noise:
        accuracy = ACCURACIES.get(noise, 0.87)
        drawn = [
            _measure(list(make_cells(dict.fromkeys("abcdefg", accuracy), 5, 10_000, rng, NOISES[noise]).values()))
            for _ in range(studies)
        ]
    else:
        evidence = collect_evidence(read_results_folder(RESULTS / Path(label).name).table).at_recipe_lr()
        drawn = [_measure(list({arm.cell.keys: arm.cell for arm in evidence.arms if arm.cell}.values()))]
    accuracy, seeds, interaction, median, largest = np.mean(drawn, axis=0)
    deviation = f"{100 * np.sqrt(max(0.0, seeds)):.2f} points"
    return [
        label,
        "10,000",
        f"{100 * accuracy:.1f} %",
        deviation,
        f"{interaction:.3f}",
        f"{median:.4f}",
        f"{largest:.4f}",
    ]


def _measure(cells: list[Cell]) -> tuple[float, ...]:
    parts = [cell.variance_components for cell in cells]
    images = cells[0].test_images
    pairs = [
        np.var(a.by_image - b.by_image, ddof=1) - a.interaction / a.seed_count - b.interaction / b.seed_count
        for a, b in combinations(parts, 2)
    ]
    return (
        float(np.mean([cell.accuracy.mean() for cell in cells])),
        float(np.mean([part.variance - part.interaction / images for part in parts])),
        float(np.mean([part.interaction for part in parts])),
        float(np.median(pairs)),
        float(np.max(pairs)),
    )
