"""Synthetic studies with known accuracies, to test the analyses: tables and networks of random answers."""

import base64
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.obtained_scaling import OBTAINED_COLUMNS
from scaling_lab.analysis.synthetic_answers import AnswerNoise, ProbitNoise
from scaling_lab.store.table import TABLE_COLUMNS

RuleAtBudget = tuple[str, float]
"""A rule and a budget in times the baseline's FLOPs."""


def make_study_table(
    accuracies: Mapping[RuleAtBudget, float],
    seeds: int,
    images: int,
    rng: np.random.Generator,
    noise: AnswerNoise | None = None,
    family: str = "synthetic",
    obtained: Mapping[RuleAtBudget, float] | None = None,
) -> pd.DataFrame:
    """Return a table, as `scaling_lab.store.table` makes it, of rules at budgets with known test accuracies.

    FLOPs are 1e6 for the baseline, parameters and activations are in proportion; 1x is one network for all rules. No
    rule has width, so that FLOPs may miss the budget by 5 %.

    Args:
        accuracies: Accuracy, 0 to 1, of each rule at each budget.
        seeds: Number of seeds.
        images: Number of test images.
        rng: Random generator.
        noise: Noise of the answers; by default `ProbitNoise()`.
        family: Name of the baseline network.
        obtained: Obtained FLOPs in times the baseline's, of the rules and budgets where they are not the budget.

    Raises:
        ValueError: The accuracies at 1x differ.
    """
    if len({accuracy for (_, times), accuracy in accuracies.items() if times == 1}) > 1:
        raise ValueError("the accuracies at 1x differ; they must be equal, as all rules have the same network there")
    networks = {_network_id(rule, times): accuracy for (rule, times), accuracy in accuracies.items()}
    answers = dict(
        zip(networks, (noise or ProbitNoise()).draw_answers(list(networks.values()), seeds, images, rng), strict=True)
    )
    rows: list[dict[str, object]] = []
    for rule, times in accuracies:
        rows += [
            _make_row(family, rule, times, (obtained or {}).get((rule, times), times), seed, correct)
            for seed, correct in enumerate(answers[_network_id(rule, times)])
        ]
    return pd.DataFrame(rows, columns=list(TABLE_COLUMNS))


def make_cells(
    accuracies: Mapping[str, float],
    seeds: int,
    images: int,
    rng: np.random.Generator,
    noise: AnswerNoise | None = None,
) -> dict[str, Cell]:
    """Return networks of equal cost with known test accuracies, by name, each trained with the seeds 0, 1, ..."""
    numbers = tuple(range(seeds))
    answers = (noise or ProbitNoise()).draw_answers(list(accuracies.values()), seeds, images, rng)
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


def _network_id(rule: str, times: float) -> object:
    return (rule, times) if times != 1 else "baseline"


def _make_row(
    family: str, rule: str, times: float, obtained: float, seed: int, correct: NDArray[np.bool_]
) -> dict[str, object]:
    name = "base" if times == 1 else f"{rule}-{times:g}"
    question = {"family": family, "rule": rule, "rounding": "fitted", "times_flops": times, "d": obtained, "w": 1.0}
    size = {"flops": 1e6 * obtained, "params": 5e4 * times, "activations": 3e4 * times, "side": 20, "depths": "1-2"}
    got = {"times_flops_got": obtained, "d_got": obtained, "w_got": 1.0, "r_got": 1.0, "widths": name}
    times_taken = {"train_seconds": 10 * times, "point_seconds": 12 * times, "latency_seconds": 1e-3 * times}
    measured = {
        "held_out_accuracy": float(correct.mean()),
        "test_accuracy": float(correct.mean()),
        "test_pictures": len(correct),
        "test_correct": base64.b64encode(np.packbits(correct).tobytes()).decode(),
    }
    study = {"dataset": "synthetic", "recipe": "synthetic", "seed": seed, "lr_times": 1.0, "r": 1.0, "state": "done"}
    provenance = {"key": f"{family}-{name}-{seed}", "device": "cpu", "commit": "synthetic"}
    return question | size | got | times_taken | measured | study | provenance
