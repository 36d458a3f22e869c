"""Questions and results without Hydra and training."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from scaling_lab.config import registry
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import FITTED, PAPER
from scaling_lab.store.bits import pack_bits
from scaling_lab.store.keys import canonical_form
from scaling_lab.store.plan_schema import Question
from scaling_lab.store.schema import EpochRecord, Point, Result
from scaling_lab.study.plan import PlannedPoint
from scaling_lab.study.resolve_question import QuestionSpec

EPOCHS = 5  # of the recipe `short`


def question_spec(
    family: str = "mobilenet_v1_small",
    rule: str = "width",
    times_flops: float = 1.0,
    seed: int = 0,
    r: float | None = None,
    batch: int | None = None,
) -> QuestionSpec:
    """Return a question on fashion_mnist; a side multiplier `r` makes the multipliers explicit."""

    def build(group: str, name: str) -> object:
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
    recipe = build("recipe", "short")
    return QuestionSpec(
        question,
        build("family", family),
        Multipliers(r=r) if explicit else build("rule", rule),
        PAPER if explicit else FITTED,
        build("dataset", "fashion_mnist"),
        recipe if batch is None else replace(recipe, batch=batch),
        registry.read_yaml("dataset", "fashion_mnist"),
    )


@pytest.fixture(scope="session")
def make_spec() -> Callable[..., QuestionSpec]:
    """Make a question about mobilenet_v1_small on fashion_mnist."""
    return question_spec


def result(point: Point | PlannedPoint, seconds_per_image: float = 1e-3, overhead: float = 3.0) -> Result:
    point = point.point if isinstance(point, PlannedPoint) else point
    spent = network_cost(point.network)
    train_seconds = seconds_per_image * point.recipe.steps * point.recipe.batch
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
        test_pictures=20,
        test_correct=pack_bits([True, False] * 10),
        train_loss=(1.0,),
        train_seconds=train_seconds,
        point_seconds=train_seconds + overhead,
        provenance={},
        epochs=tuple(EpochRecord(epoch, epoch, 0.1, 1.0, 1.0, 0.75, float(epoch)) for epoch in range(1, EPOCHS + 1)),
    )


@pytest.fixture(scope="session")
def make_result() -> Callable[..., Result]:
    """Make the result of a point that trained at this many seconds per image, with this overhead."""
    return result
