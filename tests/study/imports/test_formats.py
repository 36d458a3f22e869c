"""Exports of W&B, TensorBoard and timm give the results of the long table with the same numbers."""

import csv

import pytest

from scaling_lab.errors import UserError
from scaling_lab.store.imported import read_imported
from scaling_lab.store.results import Store
from scaling_lab.study.imports.make import ImportOptions, import_results

RUNS = [
    (f"{rule}-{seed}", "net", rule, flops, seed, accuracy + seed / 1000)
    for rule, flops, accuracy in (("baseline", 10**8, 0.7), ("depth", 2 * 10**8, 0.72))
    for seed in range(3)
]
RUN_HEADER = ("run", "family", "rule", "flops", "seed")


def write(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def read(files, folder, **options):
    """Import and return the numbers of each training."""
    import_results(files, folder, ImportOptions(**options))
    study = read_imported(Store(folder))
    return study, {(run.rule, run.seed): (run.flops, run.test_accuracy) for run in study.runs}


EXPECTED = {(rule, seed): (flops, pytest.approx(accuracy)) for _, _, rule, flops, seed, accuracy in RUNS}


@pytest.fixture
def runs_file(tmp_path):
    return write(tmp_path / "told.csv", RUN_HEADER, [run[:5] for run in RUNS])


def test_wandb_runs_table(tmp_path):
    rows = [(run, "finished", *rest) for run, *rest in RUNS] + [("x", "crashed", "net", "depth", 2 * 10**8, 7, "")]
    header = ("Name", "State", "family", "rule", "flops", "seed", "test_accuracy")
    study, numbers = read([write(tmp_path / "wandb.csv", header, rows)], tmp_path / "mine")
    assert numbers == EXPECTED
    assert study.format == "wandb"
    assert any("1 run" in sentence and "crashed" in sentence for sentence in study.inferred)


def test_wandb_dictionaries(tmp_path):
    rows = [
        (
            str({"test_accuracy": accuracy, "_step": 9, "loss": float("nan")}),
            str({"family": family, "rule": rule, "flops": flops, "seed": seed}),
            name,
        )
        for name, family, rule, flops, seed, accuracy in RUNS
    ]
    study, numbers = read([write(tmp_path / "project.csv", ("summary", "config", "name"), rows)], tmp_path / "mine")
    assert numbers == EXPECTED
    assert study.format == "wandb"


def test_dictionaries_run_no_code(tmp_path):
    bad = write(tmp_path / "p.csv", ("summary", "config", "name"), [("__import__('os').getcwd()", "{}", "x")])
    with pytest.raises(UserError, match="line 2: summary is not a mapping"):
        read([bad], tmp_path / "mine")


def test_timm_summaries(tmp_path, runs_file):
    header = ("epoch", "train_loss", "eval_loss", "eval_top1", "eval_top5", "lr")
    files = [
        write(
            tmp_path / name / "summary.csv",
            header,
            [(0, 2.0, 1.5, 10.0, 30.0, 0.1), (1, 1.0, 0.9, 100 * accuracy, 95.0, 0.01)],
        )
        for name, *_, accuracy in RUNS
    ]
    study, numbers = read(files, tmp_path / "mine", runs=runs_file)
    assert numbers == EXPECTED
    assert study.format == "timm"
    assert {(run.epochs, run.test_loss, run.test_top5) for run in study.runs} == {(2, 0.9, 0.95)}
    assert len(study.sources) == 7


def test_tensorboard_downloads(tmp_path, runs_file):
    files = [
        write(tmp_path / f"run-{name}-tag-val_acc.csv", ("Wall time", "Step", "Value"), [(1, 1, 0.1), (3, 9, accuracy)])
        for name, *_, accuracy in RUNS
    ]
    study, numbers = read(files, tmp_path / "mine", runs=runs_file)
    assert numbers == EXPECTED
    assert study.format == "tensorboard"


def test_of_several_tags_one_is_named_and_a_loss_is_no_accuracy(tmp_path, runs_file):
    header = ("Wall time", "Step", "Value")
    files = {
        tag: [write(tmp_path / f"run-{name}-tag-{tag}.csv", header, [(1, 9, sign * value)]) for name, *_, value in RUNS]
        for tag, sign in (("acc", 1), ("loss", 0.1))
    }
    both = [*files["acc"], *files["loss"]]
    with pytest.raises(UserError, match=r"column .*accuracy.*acc.*loss"):
        read(both, tmp_path / "mine", runs=runs_file)
    _, numbers = read(both, tmp_path / "mine", runs=runs_file, columns={"test_accuracy": "acc"})
    assert numbers == EXPECTED
    with pytest.raises(UserError, match="loss"):
        read(files["loss"], tmp_path / "other", runs=runs_file)


@pytest.mark.parametrize("kind", ["timm", "tensorboard"])
def test_two_files_of_one_run_are_refused(tmp_path, runs_file, kind):
    files = []
    for folder in ("one", "two"):
        if kind == "timm":
            header, row = ("epoch", "train_loss", "eval_top1"), (0, 2.0, 70.0)
            files.append(write(tmp_path / folder / "baseline-0" / "summary.csv", header, [row]))
        else:
            header, row = ("Wall time", "Step", "Value"), (1, 1, 0.7)
            files.append(write(tmp_path / folder / "run-baseline-0-tag-acc.csv", header, [row]))
    with pytest.raises(UserError, match=r"'baseline-0' is in .*one.* and in .*two"):
        read(files, tmp_path / "mine", runs=runs_file)


def test_a_training_that_broke_off_is_named(tmp_path, runs_file):
    header = ("epoch", "train_loss", "eval_top1")
    files = [
        write(tmp_path / name / "summary.csv", header, [(epoch, 1.0, 100 * value) for epoch in range(3 - (seed == 1))])
        for name, _, _, _, seed, value in RUNS
    ]
    study, _ = read(files, tmp_path / "mine", runs=runs_file)
    (sentence,) = [sentence for sentence in study.inferred if "broken off" in sentence]
    assert "2 epochs in depth-1/summary.csv" in sentence
    assert "3 in others" in sentence


def test_event_files(tmp_path, runs_file):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from scaling_lab.study.trackers.base import TrackedRun
    from scaling_lab.study.trackers.tensorboard_tracker import TensorBoardTracker

    tracker, files = TensorBoardTracker(tmp_path / "tb"), []
    for name, *_, accuracy in RUNS:
        run = TrackedRun(name, "", {})
        tracker.start(run)
        for step, value in ((1, 0.1), (9, accuracy)):
            tracker.log(run, step, {"val/acc": value})
        tracker.finish(run, "finished", {})
        (folder,) = (tmp_path / "tb").glob(f"*{name}")
        files += folder.rename(tmp_path / "tb" / name).glob("events*")
    study, numbers = read(files, tmp_path / "mine", runs=runs_file, columns={"test_accuracy": "val/acc"})
    assert numbers == EXPECTED
    assert study.format == "tensorboard"
    with pytest.raises(UserError, match="val/acc"):
        read(files, tmp_path / "other", runs=runs_file, columns={"test_accuracy": "val/accc"})


@pytest.mark.parametrize("mistake", ["a run is not told", "a told run is absent", "two formats", "another format"])
def test_mistakes(tmp_path, mistake):
    tensorboard_file = write(tmp_path / "run-a-tag-acc.csv", ("Wall time", "Step", "Value"), [(1, 1, 0.5)])
    long = write(tmp_path / "long.csv", ("a", "b"), [(1, 2)])
    row = ("net", "baseline", 10**8, 0)
    names = {"a run is not told": ["b"], "a told run is absent": ["a", "b"]}.get(mistake, ["a"])
    runs_file = write(tmp_path / "told.csv", RUN_HEADER, [(name, *row) for name in names])
    files, kind, message = {
        "two formats": ([tensorboard_file, long], None, "several formats"),
        "another format": ([tensorboard_file], "timm", "format tensorboard"),
        "a run is not told": ([tensorboard_file], None, "'a' is not in told.csv"),
        "a told run is absent": ([tensorboard_file], None, "'b' is not in the results"),
    }[mistake]
    with pytest.raises(UserError, match=message):
        read(files, tmp_path / "mine", runs=runs_file, format=kind)
