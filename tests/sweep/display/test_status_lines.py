from collections.abc import Callable

from scaling_lab.store.leases import LeaseState
from scaling_lab.store.results import StoredResults
from scaling_lab.sweep.display.status_lines import SHOWN, status_lines
from scaling_lab.sweep.plan import QuestionSpec, plan_study
from scaling_lab.sweep.status import status

MakeSpec = Callable[..., QuestionSpec]


def test_each_state_is_told_with_what_there_is_to_say(make_ask: MakeSpec) -> None:
    plan = plan_study("s", (), [make_ask(seed=seed) for seed in range(6)]).plan
    first, second, third, fourth, fifth, sixth = dict.fromkeys(entry.key for entry in plan.entries)
    held = {
        first: LeaseState(first, 1, 2.0, True, "far", 12, {"epoch": 1.0, "epochs": 5.0, "accuracy": 0.5}),
        second: LeaseState(second, 1, 200.0, False, "far", 13, {}),
        fifth: LeaseState(fifth, 3, 1.0, True),
        sixth: LeaseState(sixth, 2, 9.0, False, "here", 14, {}),
    }
    stored = StoredResults({}, {third: "no memory", sixth: "killed twice"}, ("cut.json",))
    assert list(status_lines(plan, status(plan, stored, held))) == [
        f"running  {first}  mobilenet_v1_small baseline seed 0: epoch 1.0 of 5, 50.0 % of training pictures right, "
        "on far by process 12",
        f"running  {fifth}  mobilenet_v1_small baseline seed 4: starting, somewhere",
        f"stale    {second}  mobilenet_v1_small baseline seed 1: starting, on far by process 13, silent for 3 min; "
        "the next run takes it up",
        f"failed   {third}  mobilenet_v1_small baseline seed 2: no memory",
        f"failed   {sixth}  mobilenet_v1_small baseline seed 5: killed twice",
        f"missing  {fourth}  mobilenet_v1_small baseline seed 3",
        "broken   cut.json cannot be read and is left out",
        "s: 6 questions, 6 points: 0 done, 2 running, 2 failed, 1 stale, 1 missing",
    ]


def test_long_lists_are_cut(make_ask: MakeSpec) -> None:
    plan = plan_study("s", (), [make_ask(seed=seed) for seed in range(SHOWN + 7)]).plan
    lines = list(status_lines(plan, status(plan, StoredResults())))
    assert len(lines) == SHOWN + 2
    assert lines[-2:] == ["missing  ... and 7 more", "s: 67 questions, 67 points: 0 done, 0 failed, 67 missing"]
