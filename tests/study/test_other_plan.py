"""Two plans under one name: `on_other_plan`, with an executor that does not train."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.cli import main
from scaling_lab.errors import UserError, UserErrors
from scaling_lab.report import write_report
from scaling_lab.store.leases import Leases
from scaling_lab.store.plan_schema import Plan, PlannedVerdicts
from scaling_lab.store.results import Store
from scaling_lab.store.snapshot import read_snapshot
from scaling_lab.study.other_plan import combine_plans, lacking_entries
from scaling_lab.study.plan import plan_study
from scaling_lab.study.run import run_sweep
from tests.study.made_sweeps import Maker, MakeSpec, contents, executor, options, overrides_of, plan_of, sweep

__all__ = ["executor"]


@pytest.mark.parametrize("do", ["run", "plan"])
def test_a_plan_that_drops_questions_with_results_is_refused(
    executor: Maker, make_spec: MakeSpec, tmp_path: Path, do: str
) -> None:
    sweep(executor, options(tmp_path), [make_spec(seed=seed) for seed in (0, 1)])
    before = contents(tmp_path)
    with pytest.raises(UserErrors) as caught:
        sweep(
            executor,
            options(tmp_path, do=do),
            [make_spec(seed=1), make_spec(seed=2)],
            "seed=range(1,3)",
            "name=s",
            f"do={do}",
        )
    first, *commands = caught.value.messages
    assert "1 question (1 with a result)" in first
    verb = {"run": "sweep", "plan": "plan"}[do]
    command = f"scaling-lab {verb} rule=width 'seed=range(1,3)'"
    assert [line.partition(": ")[2] for line in commands] == [
        f"{command} name=s on_other_plan=extend",
        f"{command} name=s on_other_plan=replace",
        f"{command} name=...",
    ]
    assert contents(tmp_path) == before


def test_a_plan_with_all_old_questions_trains_only_the_new_ones(
    executor: Maker, make_spec: MakeSpec, tmp_path: Path
) -> None:
    sweep(executor, options(tmp_path), [make_spec(seed=seed) for seed in range(3)])
    trained = sweep(executor, options(tmp_path), [make_spec(seed=seed) for seed in range(5)])
    assert sorted(name[-6:] for name in trained) == ["seed 3", "seed 4"]
    assert len(plan_of(tmp_path).commands) == 1


def test_questions_without_results_are_replaced_with_a_warning(
    executor: Maker, make_spec: MakeSpec, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Store(tmp_path / "results/s").open_for_writing()
    Store(tmp_path / "results/s").write_plan(plan_study("s", (), [make_spec(seed=7), make_spec(seed=8)]).plan)
    sweep(executor, options(tmp_path), [make_spec(seed=1)])
    assert [entry.question.seed for entry in plan_of(tmp_path).entries] == [1]
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "2 questions, of which 0 with results" in record.getMessage()


def test_questions_that_are_being_trained_are_not_dropped(executor: Maker, make_spec: MakeSpec, tmp_path: Path) -> None:
    study, store = plan_study("s", (), [make_spec(seed=7)]), Store(tmp_path / "results/s")
    store.open_for_writing()
    store.write_plan(study.plan)
    lease = Leases(store.leases, 60.0).acquire(next(iter(study.points)))
    assert lease
    with pytest.raises(UserError, match=r"1 question \(0 with results, and 1 being trained\)"):
        sweep(executor, options(tmp_path), [make_spec(seed=1)])
    lease.release()
    assert sweep(executor, options(tmp_path), [make_spec(seed=1)])


def test_replace_keeps_the_results(executor: Maker, make_spec: MakeSpec, tmp_path: Path) -> None:
    sweep(executor, options(tmp_path), [make_spec(seed=0)])
    sweep(executor, options(tmp_path, on_other_plan="replace"), [make_spec(seed=1)])
    assert [entry.question.seed for entry in plan_of(tmp_path).entries] == [1]
    assert len(Store(tmp_path / "results/s").result_sizes()) == 2


def test_extend_makes_the_union_and_trains_only_its_own(
    executor: Maker, make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (
        [make_spec(rule="width", times_flops=2, seed=s) for s in (0, 1)],
        [make_spec(rule="depth", times_flops=2)],
    )
    sweep(executor, options(tmp_path), first)
    gone = plan_of(tmp_path).entries[0].key
    (tmp_path / f"results/s/points/{gone}.json").unlink()
    (tmp_path / "results/s/table.parquet").unlink()
    capsys.readouterr()
    extend = options(tmp_path, on_other_plan="extend")
    assert sweep(executor, extend, second, "on_other_plan=extend") == ["mobilenet_v1_small depth 2x seed 0"]
    output = capsys.readouterr().out
    assert "s: 3 questions, 3 points: 1 done, 0 failed, 2 missing" in output
    assert "1 point of other commands is missing" in output
    assert "scaling-lab sweep rule=width seed=0,1" in output
    plan = plan_of(tmp_path)
    assert [entry.question.rule for entry in plan.entries] == ["width", "width", "depth"]
    assert plan.commands == (overrides_of(first), (*overrides_of(second), "on_other_plan=extend"))
    assert (tmp_path / "results/s/table.csv").read_text().count("\n") == 4

    assert sweep(executor, extend, second, "on_other_plan=extend") == []
    assert plan_of(tmp_path) == plan
    assert sweep(executor, options(tmp_path), first) == ["mobilenet_v1_small width 2x seed 0"]  # a command of the plan
    assert {e.key for e in plan_of(tmp_path).entries} == {e.key for e in plan.entries}
    assert len(plan_of(tmp_path).commands) == 2


def test_a_report_has_every_command(
    executor: Maker, make_spec: MakeSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaling_lab.report.drawings.draw_all", lambda *_: [])
    sweep(executor, options(tmp_path), [make_spec(seed=0)])
    sweep(executor, options(tmp_path, on_other_plan="extend"), [make_spec(seed=1)])
    page = write_report(tmp_path / "results/s", tmp_path / "page").read_text()
    commands = page.partition("<h2>Reproduce</h2>")[2].partition("<pre>")[2].partition("</pre>")[0].splitlines()
    assert commands[:2] == [
        "scaling-lab sweep rule=width seed=0",
        "scaling-lab sweep rule=width seed=1 on_other_plan=extend",
    ]
    assert commands[2].startswith("scaling-lab report results/s --to ")
    snapshot = read_snapshot(Store(tmp_path / "results/s"))
    assert snapshot
    assert snapshot.commands == (("rule=width", "seed=0"), ("rule=width", "seed=1"))


def test_the_plan_of_one_command_has_the_text_of_older_versions(make_spec: MakeSpec, tmp_path: Path) -> None:
    store, plan = Store(tmp_path), plan_study("s", ("a=1",), [make_spec()]).plan
    store.write_plan(plan)
    assert "earlier_commands" not in (tmp_path / "plan.json").read_text()
    store.write_plan(replace(plan, earlier_commands=(("b=1", "c=2"), ("d=3",))))
    assert store.read_plan().commands == (("b=1", "c=2"), ("d=3",), ("a=1",))


def test_a_sweep_whose_plan_was_replaced_meanwhile_writes_no_table(
    executor: Maker, make_spec: MakeSpec, tmp_path: Path
) -> None:
    store, other = Store(tmp_path / "results/s"), plan_study("s", (), [make_spec(seed=9)]).plan
    with pytest.raises(UserError, match=r"plan\.json.* while this one ran.*on_other_plan=extend"):
        sweep(replace(executor, before_end=lambda: store.write_plan(other)), options(tmp_path), [make_spec(seed=0)])
    assert store.read_plan() == other
    assert not (store.folder / "table.csv").exists()
    assert len(store.result_sizes()) == 1


@pytest.mark.parametrize("on_other_plan", ["refuse", "extend"])
def test_a_plan_that_was_extended_meanwhile_is_finished(
    executor: Maker, make_spec: MakeSpec, tmp_path: Path, on_other_plan: str
) -> None:
    """With extend, also if the other command had not seen this one's questions."""
    store, seeds = Store(tmp_path / "results/s"), (9,) if on_other_plan == "extend" else (0, 9)
    other = plan_study("s", ("seed=9",), [make_spec(seed=seed) for seed in seeds]).plan
    maker = replace(executor, before_end=lambda: store.write_plan(other))
    sweep(maker, options(tmp_path, on_other_plan=on_other_plan), [make_spec(seed=0)])
    assert {entry.question.seed for entry in store.read_plan().entries} == {0, 9}
    assert (store.folder / "table.csv").read_text().count("\n") == 3


def test_a_plan_that_cannot_be_read_is_replaced_with_a_warning(
    executor: Maker, make_spec: MakeSpec, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "results/s").mkdir(parents=True)
    (tmp_path / "results/s/plan.json").write_text("{")
    sweep(executor, options(tmp_path), [make_spec(seed=0)])
    assert len(plan_of(tmp_path).entries) == 1
    assert "plan.json" in caplog.records[0].getMessage()


def test_unknown_values_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserErrors, match=r"unknown on_other_plan 'extends'; did you mean extend\?"):
        options(tmp_path, on_other_plan="extends")


def test_a_union_lists_what_both_commands_left_out(make_spec: MakeSpec) -> None:
    missed = [make_spec(rule="resolution", times_flops=1.1, seed=seed) for seed in (0, 1)]
    first, second = (
        plan_study("s", overrides_of([spec]), [make_spec(seed=seed), spec], infeasible="skip").plan
        for seed, spec in enumerate(missed)
    )
    combined = combine_plans(first, second, "extend")
    assert [skipped.question for skipped in combined.skipped] == [spec.question for spec in missed]
    assert len(combined.entries) == 2


def test_contrasts_and_delta_are_kept_and_were_planned_only_if_set_before_any_result(
    tmp_path: Path, make_spec: MakeSpec, executor: Maker
) -> None:
    specs = [make_spec(rule=rule, times_flops=2.0) for rule in ("depth", "width", "compound")]

    def run(contrasts: tuple[tuple[str, str], ...] = (), delta: float | None = None, **others: object) -> Plan:
        study = plan_study("s", (), specs)
        study = replace(study, plan=replace(study.plan, verdicts=PlannedVerdicts(contrasts, delta)))
        assert run_sweep(options(tmp_path, **others), study, executor) == 0
        return Store(tmp_path / "results" / "s").read_plan()

    planned = (("compound", "depth"),)
    before = run(planned, 0.5)
    assert before.verdicts == PlannedVerdicts(planned, 0.5, finished_before=0)
    assert run() == before
    assert run(planned, 0.5) == before
    assert read_results_folder(tmp_path / "results" / "s").verdict_options == VerdictOptions(planned, 0.005)
    assert run(delta=0.6).verdicts == PlannedVerdicts(planned, 0.6, delta_after=3)
    assert run((("depth", "compound"),), 0.5).verdicts.finished_before == 0
    later = run((("compound", "width"),))
    assert later.verdicts == PlannedVerdicts((("compound", "width"),), 0.5, finished_before=3, delta_after=3)
    assert run(on_other_plan="replace").verdicts == PlannedVerdicts()
    assert "verdicts" not in (tmp_path / "results" / "s" / "plan.json").read_text()


def test_another_name_of_the_same_family_is_no_lacking_question(make_spec: MakeSpec) -> None:
    plan = plan_study("s", (), [make_spec(seed=seed) for seed in (0, 1)]).plan
    old = "module(path=nets.py)"
    renamed = [replace(entry, question=replace(entry.question, family=old)) for entry in plan.entries]
    assert lacking_entries(plan, replace(plan, entries=tuple(renamed))) == ()
    other = replace(renamed[0], question=replace(renamed[0].question, rule="another"))
    assert lacking_entries(plan, replace(plan, entries=(other,))) == (other,)


@pytest.mark.parametrize("on_other_plan", ["refuse", "extend", "replace"])
def test_a_table_that_stands_alone_is_not_planned_over(
    on_other_plan: str, executor: Maker, make_spec: MakeSpec, tmp_path: Path
) -> None:
    """Also when the other plan has all of its questions, and when one of its result files is there again."""
    sweep(executor, options(tmp_path), [make_spec(seed=seed) for seed in (0, 1)])
    restored = min((tmp_path / "results/s/points").iterdir())
    content = restored.read_bytes()
    assert main(["seal", str(tmp_path / "results/s"), "--remove-results"]) == 0
    assert sweep(executor, options(tmp_path), [make_spec(seed=seed) for seed in (0, 1)]) == []
    restored.write_bytes(content)
    before = contents(tmp_path)
    with pytest.raises(UserErrors) as caught:
        sweep(executor, options(tmp_path, on_other_plan=on_other_plan), [make_spec(seed=seed) for seed in range(3)])
    assert "1 result " in caught.value.messages[0]
    assert contents(tmp_path) == before
