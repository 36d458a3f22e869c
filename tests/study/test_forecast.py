from collections.abc import Callable
from dataclasses import replace

import pytest

from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.network import Network
from scaling_lab.store.results import StoredResults
from scaling_lab.store.schema import Result
from scaling_lab.study.forecast import (
    TimedNetwork,
    comparable_results,
    forecast_seconds,
    longest_first,
    networks_to_time,
    predict_seconds,
    wall_seconds,
)
from scaling_lab.study.plan import Study, plan_study
from scaling_lab.study.resolve_question import QuestionSpec

MakeSpec = Callable[..., QuestionSpec]
MakeResult = Callable[..., Result]


@pytest.fixture
def planned(make_spec: MakeSpec) -> Study:
    return plan_study(
        "s",
        (),
        [
            make_spec(family, "width", times, seed)
            for family in ("mobilenet_v1_small", "resnet18_small")
            for times in (1.0, 1.5, 2.0, 3.0)
            for seed in (0, 1)
        ],
    )


def test_the_cheapest_and_the_most_expensive_network_of_a_family_are_timed(planned: Study) -> None:
    ends = networks_to_time(planned, planned.points, StoredResults())
    times = [planned.plan.entries[list(planned.points).index(point.key)].question.times_flops for _, point in ends]
    assert [family for family, _ in ends] == ["mobilenet_v1_small"] * 2 + ["resnet18_small"] * 2
    assert times == [1, 3, 1, 3]


def test_networks_with_a_result_are_not_timed_again(planned: Study, make_result: MakeResult) -> None:
    results = {
        key: make_result(planned_point)
        for key, planned_point in planned.points.items()
        if planned_point.point.seed == 0
    }
    left = [key for key in planned.points if key not in results]
    assert networks_to_time(planned, left, StoredResults(results)) == []


@pytest.mark.parametrize(
    ("provenance", "processes", "is_used"),
    [
        ({"device": "cpu", "processor": "this"}, 1, True),
        ({"device": "cpu", "processor": "another"}, 1, False),
        ({"device": "cpu"}, 1, True),
        ({"device": "cuda, H100", "processor": "another"}, 1, True),
        ({"device": "cpu", "processor": "this", "processes": 2}, 1, False),
        ({"device": "cpu", "processor": "this", "processes": 2}, 2, True),
    ],
)
def test_results_that_took_another_time_forecast_nothing(
    planned: Study, make_result: MakeResult, provenance: dict[str, str | int], processes: int, is_used: bool
) -> None:
    key, first = next(iter(planned.points.items()))
    stored = StoredResults({key: replace(make_result(first.point), provenance=provenance)})
    assert (key in comparable_results(stored, processes, "this").results) == is_used
    assert (key in comparable_results(stored, processes).results) == (provenance.get("processes", 1) == processes)


def test_a_finished_seed_forecasts_the_next(planned: Study, make_result: MakeResult) -> None:
    first, second = list(planned.points)[:2]
    point = planned.points[first].point
    trained = point.recipe.steps * point.recipe.batch
    results = {first: make_result(point, seconds_per_image=2e-3, overhead=10.0)}
    seconds = forecast_seconds(planned, [second], StoredResults(results))
    assert seconds == {second: pytest.approx(2e-3 * trained + 10.0, rel=1e-6)}


def test_held_out_images_are_evaluated_after_every_epoch(planned: Study, make_result: MakeResult) -> None:
    """Of a result that evaluated them once, 4 of 5 evaluations come on top, at a third of a training image."""
    first, second = list(planned.points)[:2]
    once = replace(make_result(planned.points[first].point, seconds_per_image=2e-3, overhead=10.0), epochs=())
    [seconds] = forecast_seconds(planned, [second], StoredResults({first: once})).values()
    assert seconds == pytest.approx(once.point_seconds + 4 * 1000 * 2e-3 / 3, rel=1e-6)


def test_there_is_no_forecast_without_timing(planned: Study) -> None:
    assert forecast_seconds(planned, planned.points, StoredResults()) == {}


def time_of(network: Network, overhead: float) -> float:
    spent = network_cost(network)
    return overhead * (3e-11 * spent.flops + 4e-9 * spent.activations)


def test_between_timed_networks_cost_decides(planned: Study) -> None:
    overhead = {"mobilenet_v1_small": 1.5, "resnet18_small": 0.8}
    networks = {
        (planned_point.question.family, planned_point.question.times_flops): planned_point.point.network
        for planned_point in planned.points.values()
    }
    timed = [
        TimedNetwork(family, network, time_of(network, overhead[family]))
        for (family, times), network in networks.items()
        if times in (1, 3)
    ]
    for (family, _), network in networks.items():
        expected = time_of(network, overhead[family])
        assert predict_seconds(family, network, timed) == pytest.approx(expected, rel=0.1)


def test_a_single_timed_network_serves_other_families(planned: Study) -> None:
    timed_point, *_, other = (planned_point.point for planned_point in planned.points.values())
    predicted = predict_seconds("other", other.network, [TimedNetwork("one", timed_point.network, 1e-3)])
    assert predicted == pytest.approx(
        1e-3 * network_cost(other.network).activations / network_cost(timed_point.network).activations
    )


def test_longest_first_shortens_the_wall(planned: Study) -> None:
    seconds = dict(zip(planned.points, [10.0] * 15 + [40.0], strict=True))
    assert longest_first(seconds, seconds)[0] == list(planned.points)[-1]
    assert wall_seconds((seconds[key] for key in longest_first(seconds, seconds)), 2) == 100
    assert wall_seconds(seconds.values(), 2) == 110


def test_the_wall_counts_what_is_running() -> None:
    assert wall_seconds([], 3) == 0
    assert wall_seconds([], 2, [5.0]) == 5
    assert wall_seconds([4.0, 4.0], 2, [5.0]) == 8


def test_a_new_recipe_is_forecast_from_the_same_network(make_spec: MakeSpec, make_result: MakeResult) -> None:
    """Timing is of the network, whatever the steps."""
    [point] = (planned_point.point for planned_point in plan_study("s", (), [make_spec()]).points.values())
    longer = plan_study("s", (), [replace(make_spec(), recipe=replace(make_spec().recipe, epochs=10))])
    [(key, long_point)] = ((key, planned_point.point) for key, planned_point in longer.points.items())
    seconds = forecast_seconds(longer, [key], StoredResults({point.key: make_result(point, seconds_per_image=1e-3)}))
    assert seconds[key] == pytest.approx(1e-3 * long_point.recipe.steps * 64, rel=0.1)


def test_steps_of_a_checkpoint_and_their_evaluation_need_no_time(planned: Study, make_result: MakeResult) -> None:
    key, point = next(iter(planned.points.items()))
    stored = StoredResults({key: make_result(point, seconds_per_image=1e-3)})
    full = forecast_seconds(planned, [key], stored)[key]
    recipe = point.point.recipe
    half = forecast_seconds(planned, [key], stored, trained_steps={key: recipe.steps // 2})[key]
    evaluation = 1e-3 * len(point.dataset.held_out) / 3  # after each of the 5 epochs, of which 2.5 are done
    assert full - half == pytest.approx(1e-3 * (recipe.steps // 2) * recipe.batch + 2 * evaluation)
    done = forecast_seconds(planned, [key], stored, trained_steps={key: 10 * recipe.steps})[key]
    assert full - done == pytest.approx(1e-3 * recipe.steps * recipe.batch + 5 * evaluation)
