"""Synthetic studies with known accuracies, to test the analyses: a probit model of seeds, images and chance.

A seed classifies an image correctly if

    threshold + u(seed) + g(image) + h(rule, image) + e > 0

with normal terms, e of variance 1. Over all seeds and images this has the probability
Phi(threshold / sqrt(1 + u^2 + g^2 + h^2)), so that any accuracy can be set exactly.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.evidence import OBTAINED_COLUMNS
from scaling_lab.store.table import TABLE_COLUMNS

RuleAtBudget = tuple[str, float]
"""A rule and a budget in times the baseline's FLOPs."""


@dataclass(frozen=True)
class ProbitNoise:
    """Standard deviations of the terms of the probit model.

    The defaults match small networks on Fashion-MNIST: at 88 % the accuracies of seeds differ by 0.3 points, and two
    seeds of one network answer one image in thirteen differently.

    Attributes:
        seed: Of u.
        image: Of g.
        rule: Of h.
        correlation: Correlation of one seed's u between networks.
    """

    seed: float = 0.03
    image: float = 3.0
    rule: float = 0.7
    correlation: float = 0.0


def make_study_table(
    accuracies: Mapping[RuleAtBudget, float],
    seeds: int,
    images: int,
    rng: np.random.Generator,
    noise: ProbitNoise | None = None,
    family: str = "planted",
) -> pd.DataFrame:
    """Return a table, as `scaling_lab.store.table` makes it, of rules at budgets with known test accuracies.

    FLOPs are the budget times 1e6, parameters and activations are in proportion; 1x is one network for all rules.

    Args:
        accuracies: Accuracy, 0 to 1, of each rule at each budget.
        seeds: Number of seeds.
        images: Number of test images.
        rng: Random generator.
        noise: Noise of the answers.
        family: Name of the baseline network.

    Raises:
        ValueError: The accuracies at 1x differ.
    """
    if len({accuracy for (_, times), accuracy in accuracies.items() if times == 1}) > 1:
        raise ValueError("the accuracies at 1x differ; they must be equal, as all rules have the same network there")
    networks = {_network_id(rule, times): accuracy for (rule, times), accuracy in accuracies.items()}
    answers = dict(zip(networks, draw_answers(list(networks.values()), seeds, images, rng, noise), strict=True))
    rows: list[dict[str, object]] = []
    for rule, times in accuracies:
        rows += [
            _make_row(family, rule, times, seed, correct)
            for seed, correct in enumerate(answers[_network_id(rule, times)])
        ]
    return pd.DataFrame(rows, columns=list(TABLE_COLUMNS))


def make_cells(
    accuracies: Mapping[str, float],
    seeds: int,
    images: int,
    rng: np.random.Generator,
    noise: ProbitNoise | None = None,
) -> dict[str, Cell]:
    """Return networks of equal cost with known test accuracies, by name, each trained with the seeds 0, 1, ..."""
    numbers = tuple(range(seeds))
    answers = draw_answers(list(accuracies.values()), seeds, images, rng, noise)
    return {
        name: Cell(
            keys=tuple(f"{name}-{seed}" for seed in numbers),
            seeds=numbers,
            test_images=images,
            packed=np.packbits(correct, axis=1),
            held_out_accuracy=correct.mean(axis=1),
            costs={"flops": 1e6},
            obtained=dict.fromkeys(OBTAINED_COLUMNS, 1.0),
            point_seconds=12.0,
        )
        for name, correct in zip(accuracies, answers, strict=True)
    }


def draw_answers(
    accuracies: Sequence[float], seeds: int, images: int, rng: np.random.Generator, noise: ProbitNoise | None = None
) -> list[NDArray[np.bool_]]:
    """Draw whether each seed (row) classifies each image (column) correctly, for each network of one study."""
    noise = noise or ProbitNoise()
    scale = np.sqrt(1 + noise.seed**2 + noise.image**2 + noise.rule**2)
    difficulty = rng.normal(0, noise.image, images)
    shared = rng.normal(0, noise.seed, seeds)
    answers = []
    for accuracy in accuracies:
        separate = rng.normal(0, noise.seed, seeds)
        by_seed = np.sqrt(noise.correlation) * shared + np.sqrt(1 - noise.correlation) * separate
        by_image = float(ndtri(accuracy)) * scale + difficulty + rng.normal(0, noise.rule, images)
        answers.append(_draw_correct(by_seed, by_image, rng))
    return answers


def _draw_correct(
    by_seed: NDArray[np.float64], by_image: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Draw with probability Phi(by_seed + by_image), which is evaluated only if worst and best seed would differ."""
    uniform = rng.random((len(by_seed), len(by_image)))
    correct: NDArray[np.bool_] = uniform < ndtr(by_image + by_seed.min())
    undecided = np.flatnonzero(correct != (uniform < ndtr(by_image + by_seed.max())))
    seed, image = np.unravel_index(undecided, correct.shape)
    correct[seed, image] = uniform[seed, image] < ndtr(by_image[image] + by_seed[seed])
    return correct


def _network_id(rule: str, times: float) -> object:
    return (rule, times) if times != 1 else "baseline"


def _make_row(family: str, rule: str, times: float, seed: int, correct: NDArray[np.bool_]) -> dict[str, object]:
    name = "base" if times == 1 else f"{rule}-{times:g}"
    question = {"family": family, "rule": rule, "rounding": "fitted", "times_flops": times, "d": 1.0, "w": times**0.5}
    size = {"flops": 1e6 * times, "params": 5e4 * times, "activations": 3e4 * times, "side": 20, "depths": "1-2"}
    obtained = {"times_flops_got": times, "d_got": 1.0, "w_got": times**0.5, "r_got": 1.0, "widths": name}
    times_taken = {"train_seconds": 10 * times, "point_seconds": 12 * times, "latency_seconds": 1e-3 * times}
    measured = {
        "held_out_accuracy": float(correct.mean()),
        "test_accuracy": float(correct.mean()),
        "test_pictures": len(correct),
        "test_correct": base64.b64encode(np.packbits(correct).tobytes()).decode(),
    }
    study = {"dataset": "planted", "recipe": "planted", "seed": seed, "lr_times": 1.0, "r": 1.0, "state": "done"}
    provenance = {"key": f"{family}-{name}-{seed}", "device": "cpu", "commit": "planted"}
    return question | size | obtained | times_taken | measured | study | provenance
