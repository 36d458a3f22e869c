import hashlib
from collections import Counter
from dataclasses import replace

import pytest
import torch
from kornia.augmentation.auto.autoaugment.autoaugment import imagenet_policy

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.data.augment.operations import OPERATIONS
from scaling_lab.data.augment.policies import (
    RANDAUGMENT_RANGES,
    apply_operations,
    apply_policy,
    autoaugment_choices,
    randaugment_choices,
)

NAMES = list(OPERATIONS)
PLAIN = Hyperparameters(
    steps=1, warmup_steps=0, batch=1, lr=1, momentum=0, weight_decay=0, label_smoothing=0, pad=0, flip=False
)
AUTO = replace(PLAIN, policy="autoaugment")
RANDOMLY = replace(PLAIN, policy="randaugment", operations=2, magnitude=9.0)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(count: int, side: int = 24) -> torch.Tensor:
    pixels = torch.randint(30, 200, (count, side, side, 3), dtype=torch.uint8, generator=seeded(99))
    return pixels.permute(0, 3, 1, 2)


def near(counted: int, share: float, of: int) -> bool:
    """Within four standard deviations of a binomial."""
    return abs(counted - share * of) <= 4 * (of * share * (1 - share)) ** 0.5


def test_autoaugments_table_is_the_one_that_results_were_made_with() -> None:
    assert imagenet_policy[0] == [("posterize", 0.4, 8), ("rotate", 0.6, 9)]
    assert imagenet_policy[18] == [("shear_x", 0.6, 5), ("equalize", 1.0, None)]
    assert hashlib.sha256(repr(imagenet_policy).encode()).hexdigest()[:16] == "fac77f12a4352ad7"


def test_every_image_draws_a_sub_policy_of_autoaugments_with_its_probabilities() -> None:
    count = 20_000
    first, second = autoaugment_choices().draw(count, seeded())
    pairs = Counter((NAMES[a], NAMES[b]) for a, b in zip(first[0].tolist(), second[0].tolist(), strict=True))
    expected: Counter[tuple[str, str]] = Counter()
    for (operation, p, _), (other, q, _) in imagenet_policy:
        for a, happens in ((operation, p), ("identity", 1 - p)):
            for b, follows in ((other, q), ("identity", 1 - q)):
                expected[a, b] += happens * follows / 25
    assert set(pairs) == {pair for pair, share in expected.items() if share > 1e-9}
    assert all(near(pairs[pair], share, count) for pair, share in expected.items())


def test_autoaugments_strengths_are_the_papers_ranges_at_a_tenth_a_level() -> None:
    chosen = autoaugment_choices()
    strengths = {
        (name, level): chosen.strength[row, step].item()
        for row, steps in enumerate(imagenet_policy)
        for step, (name, _, level) in enumerate(steps)
        if level is not None
    }
    expected = {
        **{("posterize", level): 4 + 0.4 * level for level in (5, 6, 7, 8)},
        **{("rotate", level): 3.0 * level for level in (3, 8, 9)},
        **{("solarize", level): 25.6 * level for level in (3, 4, 5, 7, 8)},
        **{("color", level): 0.1 + 0.18 * level - 1 for level in (0, 2, 4, 8)},
        ("contrast", 8): 0.54,
        ("sharpness", 7): 0.36,
        ("shear_x", 5): 0.15,
    }
    assert strengths == pytest.approx(expected, abs=1e-5)


def test_randaugments_strengths_at_the_top_are_torchvisions() -> None:
    strengths = dict(zip(RANDAUGMENT_RANGES, randaugment_choices(10.0).strength[:, 0].tolist(), strict=True))
    expected = dict.fromkeys(("identity", "auto_contrast", "equalize", "solarize"), 0.0)
    expected |= dict.fromkeys(("color", "contrast", "brightness", "sharpness"), 0.9)
    expected |= {"rotate": 30, "posterize": 4, "shear_x": 0.3, "shear_y": 0.3}
    assert strengths == pytest.approx(expected | {"translate_x": 150 / 331, "translate_y": 150 / 331}, abs=0.004)


def test_half_of_the_signed_strengths_are_negated_and_no_other() -> None:
    choices, count = randaugment_choices(5.0), 20_000
    ((operation, strength),) = choices.draw(count, seeded())
    for place, name in enumerate(RANDAUGMENT_RANGES):
        mine = strength[operation == NAMES.index(name)]
        assert near(len(mine), 1 / 14, count)
        assert set(mine.abs().tolist()) == {abs(choices.strength[place, 0].item())}
        signed = name in ("color", "contrast", "brightness", "sharpness", "rotate") or name[:5] in ("shear", "trans")
        assert near(int((mine < 0).sum()), 0.5, len(mine)) if signed else not (mine < 0).any()


def test_randaugment_does_nothing_at_magnitude_0_and_more_the_larger_it_is() -> None:
    x, y = torch.meshgrid(torch.arange(24), torch.arange(24), indexing="xy")
    originals = torch.stack([60 + 6 * x, 30 + 5 * y + 9 * ((x * y) % 7), 220 - 3 * x - 3 * y])[None].to(torch.uint8)
    strongest: dict[str, list[float]] = {}
    for magnitude in (0.0, 3.0, 6.5, 10.0):
        for name, strength in zip(RANDAUGMENT_RANGES, randaugment_choices(magnitude).strength[:, 0], strict=True):
            result = apply_operations(originals, torch.tensor([NAMES.index(name)]), strength[None])
            strongest.setdefault(name, []).append((result.int() - originals.int()).abs().float().mean().item())
    for name, distances in strongest.items():
        if name == "identity":
            assert distances == [0] * 4
        elif name in ("auto_contrast", "equalize"):
            assert len(set(distances)) == 1
        else:
            assert distances[0] == 0
            assert distances == sorted(set(distances)), name


def test_sorting_by_operation_and_back_does_to_each_image_its_own() -> None:
    originals = noise(45)
    operation, strength = torch.arange(45) * 7 % 15, torch.linspace(0.3, 3, 45)
    together = apply_operations(originals, operation, strength)
    assert together.is_contiguous(memory_format=torch.channels_last)
    for place, name in enumerate(NAMES[p] for p in operation.tolist()):
        alone = OPERATIONS[name](originals[place : place + 1], strength[place : place + 1])
        assert (together[place].int() - alone[0].int()).abs().max() <= 1, name


@pytest.mark.parametrize(("recipe", "least"), [(AUTO, 30), (RANDOMLY, 100)])
def test_one_image_many_times_in_a_batch_gets_many_views(recipe: Hyperparameters, least: int) -> None:
    same = noise(1).expand(200, -1, -1, -1)
    assert len(torch.unique(apply_policy(same, seeded(), recipe), dim=0)) >= least


def test_randaugment_does_the_requested_number_of_operations_with_replacement() -> None:
    originals = noise(400)
    once = replace(RANDOMLY, operations=1)
    generator = seeded()
    assert torch.equal(
        apply_policy(originals, seeded(), RANDOMLY),
        apply_policy(apply_policy(originals, generator, once), generator, once),
    )
    unchanged = (
        (apply_policy(originals, seeded(), replace(RANDOMLY, magnitude=0.0)) == originals).flatten(1).all(1).sum()
    )
    assert near(int(unchanged), (12 / 14) ** 2, 400)
