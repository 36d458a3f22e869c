"""Questions without Hydra."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from scaling_lab.config import registry
from scaling_lab.networks.costs.cost import cost
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import FITTED, PAPER
from scaling_lab.store.bits import pack_bits
from scaling_lab.store.keys import canonical_form
from scaling_lab.store.schema import Point, Question, Result
from scaling_lab.sweep.plan import QuestionSpec


def ask(
    family: str = "mobilenet_v1_small",
    rule: str = "width",
    times_flops: float = 1.0,
    seed: int = 0,
    r: float | None = None,
    batch: int | None = None,
) -> QuestionSpec:
    def made(group: str, name: str) -> object:
        return registry.build_value(group, registry.read_yaml(group, name), name)

    explicit = r is not None
    question = Question(
        family=family,
        rule="multipliers" if explicit else rule,
        rounding="paper" if explicit else "fitted",
        times_flops=None if explicit else times_flops,
        d=1.0 if explicit else None,
        w=1.0 if explicit else None,
        r=r,
        dataset="fashion_mnist",
        recipe="short",
        seed=seed,
    )
    recipe = made("recipe", "short")
    return QuestionSpec(
        question,
        made("family", family),
        Multipliers(r=r) if explicit else made("rule", rule),
        PAPER if explicit else FITTED,
        made("dataset", "fashion_mnist"),
        recipe if batch is None else replace(recipe, batch=batch),
        registry.read_yaml("dataset", "fashion_mnist"),
    )


@pytest.fixture(scope="session")
def make_ask() -> Callable[..., QuestionSpec]:
    """A question about mobilenet_v1_small on fashion_mnist; a side multiplier makes the multipliers explicit."""
    return ask


def result(point: Point, a_picture: float = 1e-3, beside: float = 3.0) -> Result:
    spent = cost(point.network)
    train_seconds = a_picture * point.recipe.steps * point.recipe.batch
    return Result(
        key=point.key,
        point=canonical_form(point),
        flops=spent.flops,
        flops_fvcore=spent.flops_fvcore,
        flops_by_fvcore=spent.flops,
        params=spent.params,
        activations=spent.activations,
        held_out_accuracy=0.75,
        test_accuracy=0.5,
        test_pictures=2,
        test_correct=pack_bits([True, False]),
        train_loss=(1.0,),
        train_seconds=train_seconds,
        point_seconds=train_seconds + beside,
        provenance={},
    )


@pytest.fixture(scope="session")
def make_result() -> Callable[..., Result]:
    """A result of a point that trained at so many seconds a picture and took so many beside."""
    return result
