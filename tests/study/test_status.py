from collections.abc import Callable
from pathlib import Path

from scaling_lab.store.results import Store, StoredResults
from scaling_lab.store.schema import Result
from scaling_lab.study.plan import plan_study
from scaling_lab.study.resolve_question import QuestionSpec
from scaling_lab.study.status import compute_status

MakeSpec = Callable[..., QuestionSpec]
MakeResult = Callable[..., Result]


def test_every_point_is_done_failed_or_missing(make_spec: MakeSpec, make_result: MakeResult) -> None:
    planned = plan_study("s", (), [make_spec(seed=seed) for seed in range(3)])
    done, failed, missing = planned.points
    other = make_result(plan_study("t", (), [make_spec(seed=9)]).points.popitem()[1])
    results = {done: make_result(planned.points[done]), other.key: other}
    now = compute_status(
        planned.plan, StoredResults(results, {failed: "no memory", "elsewhere": "x"}, {"cut.json": "empty"})
    )
    assert (now.done, now.failed, now.missing) == ((done,), {failed: "no memory"}, (missing,))
    assert now.remaining == (failed, missing)
    assert now.broken == {"cut.json": "empty"}
    assert now.unrelated == (other.key,)
    assert [now.state(key) for key in planned.points] == ["done", "failed", "missing"]


def test_a_point_that_failed_and_was_done_later_is_done(make_spec: MakeSpec, make_result: MakeResult) -> None:
    planned = plan_study("s", (), [make_spec()])
    [(key, point)] = planned.points.items()
    now = compute_status(planned.plan, StoredResults({key: make_result(point)}, {key: "once"}))
    assert (now.done, now.failed, now.remaining) == ((key,), {}, ())


def test_a_truncated_result_is_missing_and_listed_as_broken(
    make_spec: MakeSpec, make_result: MakeResult, tmp_path: Path
) -> None:
    planned = plan_study("s", (), [make_spec(seed=0), make_spec(seed=1)])
    store = Store(tmp_path)
    store.open_for_writing()
    for point in planned.points.values():
        store.add_result(make_result(point))
    first, second = planned.points
    path = store.points / f"{first}.json"
    path.write_text(path.read_text()[:99])
    now = compute_status(planned.plan, store.read_results())
    assert (now.done, now.missing, set(now.broken)) == ((second,), (first,), {f"{first}.json"})
    store.add_result(make_result(planned.points[first]))
    assert compute_status(planned.plan, store.read_results()).remaining == ()
