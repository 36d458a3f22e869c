"""Synthetic studies whose truth is known, to test an analysis with: seeds, pictures and chance as a probit model.

A seed gets a picture right when  threshold + u(seed) + g(picture) + h(rule, picture) + e > 0  with normal terms, e of
variance 1. Over all seeds and pictures that has the probability Phi(threshold / sqrt(1 + u^2 + g^2 + h^2)), so that
every accuracy can be planted exactly. `study` is a table of it, `cells` the same networks without the way through one.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from scaling_lab.analysis.evidence import OBTAINED_COLUMNS, Cell
from scaling_lab.store.table import TABLE_COLUMNS

RuleAtBudget = tuple[str, float]
"""A rule and a budget in times the baseline's FLOPs."""


@dataclass(frozen=True)
class ProbitNoise:
    """Standard deviations of the probit model's terms. together: correlation of one seed's u between networks.

    The defaults give what Fashion-MNIST's small networks show: at 88 % the accuracies of seeds differ by 0.3 points,
    and two seeds of one network answer one picture in thirteen differently.
    """

    seed: float = 0.03
    image: float = 3.0
    rule: float = 0.7
    correlation: float = 0.0


def make_study_table(
    truth: Mapping[RuleAtBudget, float],
    seeds: int,
    pictures: int,
    rng: np.random.Generator,
    noise: ProbitNoise | None = None,
    family: str = "planted",
) -> pd.DataFrame:
    """A table, as `scaling_lab.store.table` makes it, of rules at budgets with planted test accuracies (0 to 1).

    FLOPs are the budget times 1e6, parameters and activations in proportion; 1x is one network for all rules, so its
    accuracy must be the same. Raises ValueError where it is not.
    """
    if len({accuracy for (_, times), accuracy in truth.items() if times == 1}) > 1:
        raise ValueError("all rules have the same network at 1x; one accuracy, please")
    networks = {_network(rule, times): accuracy for (rule, times), accuracy in truth.items()}
    bits = dict(zip(networks, draw_answers(list(networks.values()), seeds, pictures, rng, noise), strict=True))
    rows: list[dict[str, object]] = []
    for rule, times in truth:
        rows += [_row(family, rule, times, seed, right) for seed, right in enumerate(bits[_network(rule, times)])]
    return pd.DataFrame(rows, columns=list(TABLE_COLUMNS))


def make_cells(
    truth: Mapping[str, float],
    seeds: int,
    pictures: int,
    rng: np.random.Generator,
    noise: ProbitNoise | None = None,
) -> dict[str, Cell]:
    """Networks with planted test accuracies by name, each trained with the seeds 0, 1, ...; all of the same cost."""
    every = tuple(range(seeds))
    return {
        name: Cell(
            keys=tuple(f"{name}-{seed}" for seed in every),
            seeds=every,
            test_images=pictures,
            packed=np.packbits(right, axis=1),
            held_out_accuracy=right.mean(axis=1),
            costs={"flops": 1e6},
            obtained=dict.fromkeys(OBTAINED_COLUMNS, 1.0),
            point_seconds=12.0,
        )
        for name, right in zip(truth, draw_answers(list(truth.values()), seeds, pictures, rng, noise), strict=True)
    }


def draw_answers(
    accuracies: Sequence[float], seeds: int, pictures: int, rng: np.random.Generator, noise: ProbitNoise | None = None
) -> list[NDArray[np.bool_]]:
    """Of one study's networks with these accuracies: whether each seed (row) gets each picture (column) right."""
    noise = noise or ProbitNoise()
    whole = np.sqrt(1 + noise.seed**2 + noise.image**2 + noise.rule**2)
    hard = rng.normal(0, noise.image, pictures)
    shared = rng.normal(0, noise.seed, seeds)
    found = []
    for accuracy in accuracies:
        own = rng.normal(0, noise.seed, seeds)
        by_seed = np.sqrt(noise.correlation) * shared + np.sqrt(1 - noise.correlation) * own
        by_picture = float(ndtri(accuracy)) * whole + hard + rng.normal(0, noise.rule, pictures)
        found.append(_right(by_seed, by_picture, rng))
    return found


def _right(
    by_seed: NDArray[np.float64], by_picture: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Dice below Phi(by_seed + by_picture), which is worked out only where worst and best seed would differ."""
    dice = rng.random((len(by_seed), len(by_picture)))
    right = dice < ndtr(by_picture + by_seed.min())
    unsure = np.flatnonzero(right != (dice < ndtr(by_picture + by_seed.max())))
    seed, picture = np.unravel_index(unsure, right.shape)
    right[seed, picture] = dice[seed, picture] < ndtr(by_picture[picture] + by_seed[seed])
    return right


def _network(rule: str, times: float) -> object:
    return (rule, times) if times != 1 else "baseline"


def _row(family: str, rule: str, times: float, seed: int, right: NDArray[np.bool_]) -> dict[str, object]:
    name = "base" if times == 1 else f"{rule}-{times:g}"
    asked = {"family": family, "rule": rule, "rounding": "fitted", "times_flops": times, "d": 1.0, "w": times**0.5}
    size = {"flops": 1e6 * times, "params": 5e4 * times, "activations": 3e4 * times, "side": 20, "depths": "1-2"}
    got = {"times_flops_got": times, "d_got": 1.0, "w_got": times**0.5, "r_got": 1.0, "widths": name}
    made = {"train_seconds": 10 * times, "point_seconds": 12 * times, "latency_seconds": 1e-3 * times, "device": "cpu"}
    measured = {
        "held_out_accuracy": float(right.mean()),
        "test_accuracy": float(right.mean()),
        "test_pictures": len(right),
        "test_correct": base64.b64encode(np.packbits(right)).decode(),
    }
    study = {"dataset": "planted", "recipe": "planted", "seed": seed, "lr_times": 1.0, "r": 1.0, "state": "done"}
    return asked | size | got | made | measured | study | {"key": f"{family}-{name}-{seed}", "commit": "planted"}
