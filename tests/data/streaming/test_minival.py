import hashlib
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from scaling_lab.data.streaming.minival import select_minival

IMAGENET = 1_281_167
OF_1000 = [23, 88, 204, 336, 364, 410, 420, 454, 502, 698, 748, 757, 828, 866, 895, 934, 942, 958, 994]


@pytest.fixture(scope="module")
def of_imagenet() -> NDArray[np.int64]:
    return select_minival(IMAGENET)


def test_imagenets_is_the_one_that_python_2_draws(of_imagenet: NDArray[np.int64]) -> None:
    # random.seed(12345); random.shuffle(x); sorted(x[:25022]) in Python 2.7.18
    assert of_imagenet.dtype == np.int64
    assert of_imagenet.tolist()[:6] == [1, 37, 80, 93, 215, 306]
    assert of_imagenet.tolist()[-2:] == [1280845, 1281141]
    assert hashlib.sha256(",".join(map(str, of_imagenet)).encode()).hexdigest()[:16] == "650d201b7dd7652a"


@pytest.mark.parametrize(("count", "places"), [(10, [1]), (100, [19]), (1000, OF_1000)])
def test_small_ones_are_those_that_python_2_draws(count: int, places: list[int]) -> None:
    assert select_minival(count).tolist() == places


def test_there_are_25022_of_imagenet_and_each_once(of_imagenet: NDArray[np.int64]) -> None:
    assert len(set(of_imagenet.tolist())) == len(of_imagenet) == 25_022
    assert 0 <= of_imagenet.min() < of_imagenet.max() < IMAGENET


@pytest.mark.parametrize("threads", [1, 2, 4, 8, 16, 32, 64, 128])
def test_only_the_first_20_of_the_scripts_shards_hold_25022(threads: int) -> None:
    ranges = np.linspace(0, IMAGENET, threads + 1).astype(int)
    inside = 1024 // threads + 1
    shards = [np.diff(np.linspace(*ends, inside).astype(int)) for ends in pairwise(ranges)]
    sizes = np.concatenate(shards)
    assert (len(sizes), sizes.sum(), sizes[:20].sum()) == (1024, IMAGENET, 25_022)
    assert sizes[-20:].sum() != 25_022


@pytest.mark.parametrize(("count", "held_out"), [(2, 1), (51, 1), (102, 1), (103, 2), (1024, 20), (10_240, 200)])
def test_the_share_is_20_of_1024_but_at_least_one_image(count: int, held_out: int) -> None:
    places = select_minival(count)
    assert len(set(places.tolist())) == held_out
    assert (np.diff(places) > 0).all()
    assert 0 <= places[0] <= places[-1] < count


def test_the_shuffle_agrees_with_numpys_generator_in_the_same_state() -> None:
    state = Random(12345).getstate()[1]  # noqa: S311
    numpy = np.random.RandomState()
    numpy.set_state(("MT19937", np.array(state[:-1], dtype=np.uint32), state[-1]))
    order, lasts = np.arange(5000), np.arange(4999, 0, -1)
    for last, other in zip(lasts, (numpy.random_sample(4999) * (lasts + 1)).astype(int), strict=True):
        order[[last, other]] = order[[other, last]]
    assert select_minival(5000).tolist() == sorted(order[:97])


@pytest.mark.parametrize("count", [0, 1])
def test_a_single_image_cannot_be_held_out(count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} training images; at least 2"):
        select_minival(count)
