"""Synthetic studies whose truth is known, to test an analysis with: seeds, pictures and chance as a probit model.

A seed gets a picture right when  threshold + u(seed) + g(picture) + h(rule, picture) + e > 0  with normal terms and e of
variance 1. Over all seeds and pictures that has the probability Phi(threshold / sqrt(1 + u^2 + g^2 + h^2)), so that
every accuracy can be planted exactly.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from scaling_lab.table import COLUMNS

Question = tuple[str, float]
"""A rule and a budget in times the baseline's FLOPs."""


@dataclass(frozen=True)
class Noise:
    """Standard deviations of the probit model's terms. together: correlation of one seed's u between networks.

    The defaults give what Fashion-MNIST's small networks show: at 88 % the accuracies of seeds differ by 0.3 points, and
    two seeds of one network answer one picture in thirteen differently.
    """

    seed: float = 0.03
    picture: float = 3.0
    rule: float = 0.7
    together: float = 0.0


def study(
    truth: Mapping[Question, float],
    seeds: int,
    pictures: int,
    rng: np.random.Generator,
    noise: Noise | None = None,
    family: str = "planted",
) -> pd.DataFrame:
    """A table, as `scaling_lab.table` makes it, of rules at budgets with planted test accuracies (0 to 1).

    FLOPs are the budget times 1e6, parameters and activations in proportion; 1x is one network for all rules, so its
    accuracy must be the same. Raises ValueError where it is not.
    """
    noise = noise or Noise()
    if len({accuracy for (_, times), accuracy in truth.items() if times == 1}) > 1:
        raise ValueError("all rules have the same network at 1x; one accuracy, please")
    hard = rng.normal(0, noise.picture, pictures)
    shared = rng.normal(0, noise.seed, seeds)
    rows: list[dict[str, object]] = []
    bits: dict[object, NDArray[np.bool_]] = {}
    for (rule, times), accuracy in truth.items():
        network: object = (rule, times) if times != 1 else 1
        if network not in bits:
            bits[network] = _answers(accuracy, hard, shared, rng, noise)
        rows += [_row(family, rule, times, seed, right) for seed, right in enumerate(bits[network])]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _answers(
    accuracy: float,
    hard: NDArray[np.float64],
    shared: NDArray[np.float64],
    rng: np.random.Generator,
    noise: Noise,
) -> NDArray[np.bool_]:
    whole = np.sqrt(1 + noise.seed**2 + noise.picture**2 + noise.rule**2)
    own = rng.normal(0, noise.seed, len(shared))
    by_seed = np.sqrt(noise.together) * shared + np.sqrt(1 - noise.together) * own
    by_picture = hard + rng.normal(0, noise.rule, len(hard))
    chance = ndtr(float(ndtri(accuracy)) * whole + by_seed[:, None] + by_picture[None])
    return rng.random(chance.shape) < chance


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
