from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from scaling_lab.store.bits import pack_bits
from scaling_lab.store.leases import LeaseState
from scaling_lab.store.results import Store, StoredResults
from scaling_lab.store.schema import Result
from scaling_lab.study.display.status_lines import MAX_LINES, status_lines
from scaling_lab.study.plan import plan_study
from scaling_lab.study.resolve_question import QuestionSpec
from scaling_lab.study.resumable import checkpoint_steps
from scaling_lab.study.status import compute_status
from scaling_lab.study.unlearned import find_unlearned_points

MakeSpec = Callable[..., QuestionSpec]
MakeResult = Callable[..., Result]


def test_each_state_has_its_details(make_spec: MakeSpec) -> None:
    plan = plan_study("s", (), [make_spec(seed=seed) for seed in range(6)]).plan
    first, second, third, fourth, fifth, sixth = dict.fromkeys(entry.key for entry in plan.entries)
    leases = {
        first: LeaseState(first, 1, 2.0, True, "far", 12, {"epoch": 1.0, "epochs": 5.0, "accuracy": 0.5}),
        second: LeaseState(second, 1, 200.0, False, "far", 13, {}),
        fifth: LeaseState(fifth, 3, 1.0, True),
        sixth: LeaseState(sixth, 2, 9.0, False, "here", 14, {}),
    }
    stored = StoredResults({}, {third: "no memory", sixth: "killed twice"}, {"cut.json": "empty"})
    lines = list(status_lines(plan, compute_status(plan, stored, leases)))
    assert [tuple(line.split()[:2]) for line in lines[:-1]] == [
        ("running", first),
        ("running", fifth),
        ("stale", second),
        ("failed", third),
        ("failed", sixth),
        ("missing", fourth),
        ("broken", "cut.json"),
    ]
    for seed, line in zip((0, 4, 1, 2, 5, 3), lines, strict=False):
        assert f"  mobilenet_v1_small baseline seed {seed}" in line
    assert "epoch 1.0 of 5, 50.0 %" in lines[0]
    assert "on far in process 12" in lines[0]
    assert "on far in process 13, silent for 3 min" in lines[2]
    assert lines[3].endswith(": no memory")
    assert lines[4].endswith(": killed twice")
    assert lines[-1] == "s: 6 questions, 6 points: 0 done, 2 running, 2 failed, 1 stale, 1 missing"


def test_a_point_that_did_not_learn_has_a_line(make_spec: MakeSpec, make_result: MakeResult, tmp_path: Path) -> None:
    study = plan_study("s", (), [make_spec(seed=seed) for seed in range(2)])
    good, bad = study.points
    results = {}
    for key, correct in {good: 50, bad: 10}.items():
        bits = pack_bits([number < correct for number in range(100)])
        result = make_result(study.points[key])
        results[key] = replace(result, test_accuracy=correct / 100, test_pictures=100, test_correct=bits)
    stored = StoredResults(results)
    status = compute_status(study.plan, stored)
    unlearned = find_unlearned_points(Store(tmp_path), study.plan, stored, status)
    assert unlearned.sentences[0].startswith("1 of 2 trained networks did not learn: 1 at chance")
    assert list(unlearned.details) == [bad]
    first, counts = status_lines(study.plan, status, unlearned=unlearned.details)
    assert first.startswith(f"unlearned {bad} mobilenet_v1_small baseline seed 1: test accuracy 10.0 %")
    assert counts == "s: 2 questions, 2 points: 2 done, 0 failed, 0 missing"


def test_long_lists_are_truncated(make_spec: MakeSpec) -> None:
    plan = plan_study("s", (), [make_spec(seed=seed) for seed in range(MAX_LINES + 7)]).plan
    lines = list(status_lines(plan, compute_status(plan, StoredResults())))
    assert len(lines) == MAX_LINES + 2
    assert lines[-2:] == ["missing  ... and 7 more", "s: 67 questions, 67 points: 0 done, 0 failed, 67 missing"]


def test_points_with_a_checkpoint_are_reported(make_spec: MakeSpec, tmp_path: Path) -> None:
    store, plan = Store(tmp_path), plan_study("s", (), [make_spec(seed=0), make_spec(seed=1)]).plan
    first, second = (entry.key for entry in plan.entries)
    store.checkpoints.mkdir()
    for name in (
        f"{first}.000000010.checkpoint",
        f"{first}.000000132.checkpoint",
        f".{second}.x.draft",
        "a.checkpoint",
    ):
        (store.checkpoints / name).touch()
    assert checkpoint_steps(store) == {first: 132}
    lines = list(status_lines(plan, compute_status(plan, StoredResults()), steps=checkpoint_steps(store)))
    assert lines[0].endswith("seed 0: resumes from step 132")
    assert lines[1].endswith("seed 1")
    assert lines[2].startswith("in progress: 1 point ")
