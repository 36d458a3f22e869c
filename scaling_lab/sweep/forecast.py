"""How long the points of a study will take: from finished results, else from timed steps of a few of its networks.

The time of a step is taken to grow with FLOPs and activations; what a family has beside that is read off its own timed
networks. Seconds are those of one worker while all workers are busy.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace
from math import exp, log
from statistics import fmean, median

import numpy as np

from scaling_lab.networks.costs.cost import cost
from scaling_lab.networks.network import Network
from scaling_lab.store.keys import canonical_form
from scaling_lab.store.results import StoredResults
from scaling_lab.store.schema import Point, Result
from scaling_lab.sweep.plan import Study

EVALUATION = 1 / 3  # a picture, of its training
BESIDE = 2.5  # seconds of a point beside training and evaluation, until a result tells: start, build, count, store


@dataclass(frozen=True)
class Timed:
    """Seconds that a network of a family trains on one picture."""

    family: str
    network: Network
    seconds: float


def to_time(study: Study, keys: Iterable[str], stored: StoredResults) -> list[tuple[str, Point]]:
    """Families with their cheapest and their dearest point among those whose network no result has timed."""
    known = _by_network(stored)
    families: dict[str, dict[Network, Point]] = {}
    for key in keys:
        families.setdefault(study.questions[key].family, {}).setdefault(study.points[key].network, study.points[key])
    chosen = []
    for family, points in families.items():
        unknown = [point for network, point in points.items() if _text(network) not in known]
        ordered = sorted(unknown, key=lambda point: cost(point.network).flops)
        chosen += [(family, point) for point in (ordered if len(ordered) < 2 else (ordered[0], ordered[-1]))]
    return chosen


def seconds(study: Study, keys: Iterable[str], stored: StoredResults, timed: Sequence[Timed] = ()) -> dict[str, float]:
    """Seconds of each point; a point that nothing timed tells about is left out."""
    known, telling = _by_network(stored), _telling(stored)
    finished = {key: telling[key] for key in study.points if key in telling}
    timed = [*timed, *_each_once(study, finished)]
    tells = _fitted(timed)
    beside = [r.point_seconds - r.train_seconds - _rate(r) * _evaluated(study, key) for key, r in finished.items()]
    found, rates = {}, dict[tuple[str, Network], float | None]()
    for key in keys:
        point, family = study.points[key], study.questions[key].family
        own = (family, point.network)
        if own not in rates:
            rates[own] = known.get(_text(point.network)) or (tells(family, point.network) if tells else None)
        rate = rates[own]
        if rate is not None:
            pictures = point.recipe.steps * point.recipe.batch + _evaluated(study, key)
            found[key] = rate * pictures + (max(0.0, median(beside)) if beside else BESIDE)
    return found


def interpolated(family: str, network: Network, timed: Sequence[Timed]) -> float | None:
    """Seconds a picture by cost, corrected by how far off the family's timed networks are; None when none was timed."""
    tells = _fitted(timed)
    return tells(family, network) if tells else None


def _fitted(timed: Sequence[Timed]) -> Callable[[str, Network], float] | None:
    if not timed:
        return None
    price = _price(timed)
    off = [(log(_work(t.network, price)), log(t.seconds / _work(t.network, price)), t.family) for t in timed]

    def tells(family: str, network: Network) -> float:
        own = sorted(o[:2] for o in off if o[2] == family)
        work = _work(network, price)
        return work * exp(float(np.interp(log(work), *zip(*own, strict=True))) if own else fmean(o[1] for o in off))

    return tells


def wall(each: Iterable[float], workers: int, busy: Sequence[float] = ()) -> float:
    """Seconds until points handed out in this order are done. `busy`: what those running now still need."""
    free = [*busy, *[0.0] * (workers - len(busy))]
    heapify(free)
    for duration in each:
        heapreplace(free, free[0] + duration)
    return max(free)


def longest_first(keys: Iterable[str], each: Mapping[str, float]) -> list[str]:
    """The order that leaves no long point to the end."""
    return sorted(keys, key=lambda key: -each.get(key, float("inf")))


def _price(timed: Sequence[Timed]) -> tuple[float, float]:
    """Seconds a FLOP and seconds an activation, neither negative, with the least squared relative error."""
    spent = [cost(t.network) for t in timed]
    rows = np.array([(c.flops, c.activations) for c in spent]) / np.array([[t.seconds] for t in timed])
    both = np.linalg.lstsq(rows, np.ones(len(rows)), rcond=None)[0]
    if len(rows) > 1 and both.min() > 0:
        return float(both[0]), float(both[1])
    alone = rows.sum(axis=0) / (rows**2).sum(axis=0)
    flops_off, activations_off = ((rows * alone - 1) ** 2).sum(axis=0)
    return (float(alone[0]), 0.0) if flops_off < activations_off else (0.0, float(alone[1]))


def _work(network: Network, price: tuple[float, float]) -> float:
    spent = cost(network)
    return spent.flops * price[0] + spent.activations * price[1]


def _each_once(study: Study, finished: Mapping[str, Result]) -> list[Timed]:
    """Each network of a family once, at the mean of its results."""
    rates: dict[tuple[str, Network], list[float]] = {}
    for key, result in finished.items():
        rates.setdefault((study.questions[key].family, study.points[key].network), []).append(_rate(result))
    return [Timed(family, network, fmean(found)) for (family, network), found in rates.items()]


def _rate(result: Result) -> float:
    recipe = result.point["recipe"]
    return float(result.train_seconds / (recipe["steps"] * recipe["batch"]))


def _evaluated(study: Study, key: str) -> float:
    """Pictures evaluated in a point, in pictures trained on."""
    pictures = study.pictures[study.points[key].data.name]
    return EVALUATION * (len(pictures.held_out) + len(pictures.test))


def _telling(stored: StoredResults) -> dict[str, Result]:
    """Results, by key, whose files say what was trained and for how long."""
    said = ((key, result, result.point.get("recipe")) for key, result in stored.results.items())
    return {
        key: result
        for key, result, recipe in said
        if "network" in result.point and isinstance(recipe, Mapping) and {"steps", "batch"} <= recipe.keys()
    }


def _by_network(stored: StoredResults) -> dict[str, float]:
    rates: dict[str, list[float]] = {}
    for result in _telling(stored).values():
        rates.setdefault(json.dumps(result.point["network"], sort_keys=True), []).append(_rate(result))
    return {network: fmean(found) for network, found in rates.items()}


def _text(network: Network) -> str:
    return json.dumps(canonical_form(network), sort_keys=True)
