"""Forecast the duration of points: from finished results, else from timed steps of a few networks.

The time of a step is modelled as linear in FLOPs (multiply-adds) and activations, corrected by the timed networks of
the same family. Seconds are those of one worker while all workers are busy.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heapreplace
from math import exp, log
from statistics import fmean, median
from typing import Any

import numpy as np

from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.module_network import AnyNetwork
from scaling_lab.store.keys import canonical_form
from scaling_lab.store.results import StoredResults
from scaling_lab.store.schema import Point, Result
from scaling_lab.study.plan import PlannedPoint, Study

EVALUATION = 1 / 3  # time to evaluate an image, as a fraction of the time to train on it
OVERHEAD = 2.5  # seconds per point for start, build, counting and storing, until results show it


@dataclass(frozen=True)
class TimedNetwork:
    """Seconds that a network of a family trains on one image."""

    family: str
    network: AnyNetwork
    seconds: float


def comparable_results(stored: StoredResults, processes: int, processor: str = "") -> StoredResults:
    """Return only the results that took the time that a point takes here.

    Args:
        stored: results of the folder.
        processes: number of processes that train a point together.
        processor: name of this machine's processor, of which those trained on a CPU have to be; "" for any.
    """

    def is_comparable(provenance: Mapping[str, Any]) -> bool:
        is_alike = provenance.get("device") != "cpu" or provenance.get("processor") in (processor, None)
        return provenance.get("processes", 1) == processes and (is_alike or not processor)

    results = {key: result for key, result in stored.results.items() if is_comparable(result.provenance)}
    return replace(stored, results=results)


def networks_to_time(study: Study, keys: Iterable[str], stored: StoredResults) -> list[tuple[str, Point]]:
    """Return (family, point) of the cheapest and the most expensive network of each family that no result has timed."""
    known = _seconds_by_network(stored)
    families: dict[str, dict[AnyNetwork, Point]] = {}
    for key in keys:
        planned = study.points[key]
        families.setdefault(planned.question.family, {}).setdefault(planned.point.network, planned.point)
    chosen = []
    for family, points in families.items():
        unknown = [point for network, point in points.items() if _text(network) not in known]
        ordered = sorted(unknown, key=lambda point: network_cost(point.network).flops)
        chosen += [(family, point) for point in (ordered if len(ordered) < 2 else (ordered[0], ordered[-1]))]
    return chosen


def forecast_seconds(
    study: Study,
    keys: Iterable[str],
    stored: StoredResults,
    timed: Sequence[TimedNetwork] = (),
    trained_steps: Mapping[str, int] | None = None,
) -> dict[str, float]:
    """Return the seconds of each point by key; points that no timing helps to forecast are left out.

    Args:
        study: the study.
        keys: points to forecast.
        stored: results of the folder.
        timed: networks whose steps were timed.
        trained_steps: steps that are in a point's checkpoint and need no time any more, by key.
    """
    known, usable = _seconds_by_network(stored), _usable_results(stored)
    finished = {key: usable[key] for key in study.points if key in usable}
    predict = _fit_times([*timed, *_times_of_results(study, finished)])
    overheads = [_overhead(study.points[key], result) for key, result in finished.items()]
    overhead = max(0.0, median(overheads)) if overheads else OVERHEAD
    forecast, rates = {}, dict[tuple[str, AnyNetwork], float | None]()
    for key in keys:
        planned = study.points[key]
        point, family = planned.point, planned.question.family
        network = (family, point.network)
        if network not in rates:
            rates[network] = known.get(_text(point.network)) or (predict(*network) if predict else None)
        rate = rates[network]
        if rate is not None:
            steps = max(0, point.recipe.steps - (trained_steps or {}).get(key, 0))
            epochs = -(-planned.epochs * steps // point.recipe.steps)
            images = steps * point.recipe.batch + _evaluated(planned, epochs)
            forecast[key] = rate * images + overhead
    return forecast


def predict_seconds(family: str, network: AnyNetwork, timed: Sequence[TimedNetwork]) -> float | None:
    """Return seconds per image by cost, corrected by the family's timed networks; None if nothing was timed."""
    predict = _fit_times(timed)
    return predict(family, network) if predict else None


def _fit_times(timed: Sequence[TimedNetwork]) -> Callable[[str, AnyNetwork], float] | None:
    if not timed:
        return None
    price = _price(timed)
    off = [(log(_work(t.network, price)), log(t.seconds / _work(t.network, price)), t.family) for t in timed]

    def predict(family: str, network: AnyNetwork) -> float:
        same_family = sorted(o[:2] for o in off if o[2] == family)
        work = _work(network, price)
        if not same_family:
            return work * exp(fmean(o[1] for o in off))
        return work * exp(float(np.interp(log(work), *zip(*same_family, strict=True))))

    return predict


def wall_seconds(durations: Iterable[float], workers: int, busy: Sequence[float] = ()) -> float:
    """Return the seconds until points that start in this order are done.

    Args:
        durations: seconds of each point.
        workers: number of workers.
        busy: seconds that running points still need.
    """
    free = [*busy, *[0.0] * (workers - len(busy))]
    heapify(free)
    for duration in durations:
        heapreplace(free, free[0] + duration)
    return max(free)


def longest_first(keys: Iterable[str], seconds: Mapping[str, float]) -> list[str]:
    """Return the keys by falling duration, so that no long point is left to the end; unknown durations come first."""
    return sorted(keys, key=lambda key: -seconds.get(key, float("inf")))


def _price(timed: Sequence[TimedNetwork]) -> tuple[float, float]:
    """Return seconds per FLOP and per activation, neither negative, with the least squared relative error."""
    costs = [network_cost(t.network) for t in timed]
    rows = np.array([(c.flops, c.activations) for c in costs]) / np.array([[t.seconds] for t in timed])
    prices = np.linalg.lstsq(rows, np.ones(len(rows)), rcond=None)[0]
    if len(rows) > 1 and prices.min() > 0:
        return float(prices[0]), float(prices[1])
    alone = rows.sum(axis=0) / (rows**2).sum(axis=0)
    flops_off, activations_off = ((rows * alone - 1) ** 2).sum(axis=0)
    return (float(alone[0]), 0.0) if flops_off < activations_off else (0.0, float(alone[1]))


def _work(network: AnyNetwork, price: tuple[float, float]) -> float:
    cost = network_cost(network)
    return cost.flops * price[0] + cost.activations * price[1]


def _times_of_results(study: Study, finished: Mapping[str, Result]) -> list[TimedNetwork]:
    """Return each network of a family once, with the mean of its results."""
    rates: dict[tuple[str, AnyNetwork], list[float]] = {}
    for key, result in finished.items():
        planned = study.points[key]
        rates.setdefault((planned.question.family, planned.point.network), []).append(_seconds_per_image(result))
    return [TimedNetwork(family, network, fmean(seconds)) for (family, network), seconds in rates.items()]


def _seconds_per_image(result: Result) -> float:
    recipe = result.point["recipe"]
    return float(result.train_seconds / (recipe["steps"] * recipe["batch"]))


def _evaluated(planned: PlannedPoint, epochs: int) -> float:
    """Return the images evaluated in a point, in units of images trained on: the held-out ones after each epoch."""
    return EVALUATION * (epochs * len(planned.dataset.held_out) + len(planned.dataset.test))


def _overhead(planned: PlannedPoint, result: Result) -> float:
    """Return the seconds of a finished point that were neither training nor evaluation."""
    evaluated = _evaluated(planned, max(1, len(result.epochs)))
    return result.point_seconds - result.train_seconds - _seconds_per_image(result) * evaluated


def _usable_results(stored: StoredResults) -> dict[str, Result]:
    """Return the results by key that record what was trained, and for how long."""
    recipes = ((key, result, result.point.get("recipe")) for key, result in stored.results.items())
    return {
        key: result
        for key, result, recipe in recipes
        if "network" in result.point and isinstance(recipe, Mapping) and {"steps", "batch"} <= recipe.keys()
    }


def _seconds_by_network(stored: StoredResults) -> dict[str, float]:
    rates: dict[str, list[float]] = {}
    for result in _usable_results(stored).values():
        text = json.dumps(result.point["network"], sort_keys=True)
        rates.setdefault(text, []).append(_seconds_per_image(result))
    return {network: fmean(seconds) for network, seconds in rates.items()}


def _text(network: AnyNetwork) -> str:
    return json.dumps(canonical_form(network), sort_keys=True)
