"""Nothing that a file of conf/ holds is called: each case would leave a file behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scaling_lab.config import registry
from scaling_lab.errors import UserError

ROOT = registry.CONF.parent
STUDY = "# @package _global_\n# A study\n"
TOUCH = "{_target_: pathlib.Path.touch, self: {_target_: pathlib.Path, _args_: [LEFT]}}"
POPEN = "{class: subprocess.Popen, args: [touch, LEFT]}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy whose conf/ can be written to."""
    copy = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "conf", copy / "conf")
    shutil.copy(ROOT / "run_sweep.py", copy)
    for name in ("scaling_lab", "hydra_plugins"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def run(project: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(project / "run_sweep.py"), "do=plan", "seed=0", "times_flops=1", *words]
    environment = os.environ | {"PYTHONPATH": str(project)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)  # noqa: S603


LOG = "\n    version: 1\n    root: {handlers: [mine]}\n    handlers: {mine: %s}"
HELD = {
    "hydra:\n  callbacks:\n    mine: " + TOUCH: "hydra.callbacks.mine is not taken: a configuration calls nothing",
    "evil: {mine: " + TOUCH + "}\nhydra:\n  callbacks: ${evil}": "hydra.callbacks is not taken",
    "evil: {mine: " + TOUCH + "}\nhydra: ${evil}": "str is not a subclass of HydraConf",
    "hydra:\n  job:\n    env_set:\n      LD_PRELOAD: LEFT": "hydra.job.env_set.LD_PRELOAD is not taken",
    "evil: {LD_PRELOAD: LEFT}\nhydra:\n  job:\n    env_set: ${evil}": "hydra.job.env_set is not taken",
    "hydra:\n  launcher:\n    more: " + TOUCH: "Key 'more' not in 'PoolLauncherConf'",
    "hydra:\n  sweeper:\n    params: " + TOUCH: "hydra.sweeper.params._target_ is not taken",
    "evil: " + TOUCH + "\nhydra:\n  sweeper: ${evil}": "str is not a subclass of PlanSweeperConf",
    "hydra:\n  sweeper:\n    _target_: pathlib.Path.touch": "pathlib.Path.touch",
    "hydra:\n  hydra_logging:" + LOG % POPEN: "hydra.hydra_logging.handlers.mine.class is not taken",
    "hydra:\n  job_logging:" + LOG % POPEN: "hydra.job_logging.handlers.mine.class is not taken",
    "evil: {mine: " + POPEN + "}\nhydra:\n  job_logging:\n    version: 1\n    root: {handlers: [mine]}\n"
    "    handlers: ${evil}": "hydra.job_logging.handlers is not taken: what stands here is written out",
    "hydra:\n  job_logging:" + LOG % "{class: logging.os.mkdir, path: LEFT}": "handlers.mine.class is not taken",
    "hydra:\n  job_logging:" + LOG % "{class: logging.FileHandler, filename: LEFT}": "mine.filename is not taken",
    "hydra:\n  job_logging:" + LOG % "{class: logging.StreamHandler, stream: 'ext://antigravity.os'}": "mine.stream is",
    "evil: {(): pathlib.Path.touch, self: LEFT}\nhydra:\n  job_logging:" + LOG % "'${evil}'": "handlers.mine is not",
    "hydra:\n  job_logging:\n    version: 1\n    formatters:\n      mine: {(): pathlib.Path.touch}": (
        "hydra.job_logging.formatters.mine.() is not taken: logs go through Python's own"
    ),
    "family: " + TOUCH: "_target_ is 'pathlib.Path.touch'; it must be something of scaling_lab.networks.families",
    "recipe: {_target_: scaling_lab.config.recipe.is_number, value: 1}": "scaling_lab.config.recipe",
    "dataset: {_target_: scaling_lab.data.files.cache.cache_folder, cache: LEFT}": "makes a Path, which is no dataset",
    "engine: {_target_: scaling_lab.sweep.executors.processes.call_in_processes, function: LEFT}": "is no engine",
    "times_flops: !!python/object/apply:pathlib.Path.touch [LEFT]": "could not determine a constructor",
}


@pytest.mark.parametrize(("held", "said"), HELD.items(), ids=range(len(HELD)))
def test_a_study_calls_nothing(held: str, said: str, project: Path, tmp_path: Path) -> None:
    left = tmp_path / "left"
    (project / "conf/study/evil.yaml").write_text(STUDY + held.replace("LEFT", str(left)) + "\n")
    ended = run(project, tmp_path, "study=evil")
    assert (ended.returncode, said in ended.stderr) == (2, True), ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("group", ["family", "rule", "recipe"])
def test_a_file_of_a_group_that_is_swept_calls_nothing(group: str, project: Path, tmp_path: Path) -> None:
    usual = {"family": "mobilenet_v1_small", "rule": "width", "recipe": "short"}[group]
    evil = project / f"conf/{group}/evil.yaml"
    own = (project / f"conf/{group}/{usual}.yaml").read_text()
    packed = "\n".join(f"  {line}" for line in own.splitlines())
    log = "hydra:\n  job_logging:\n    version: 1\n    handlers:\n      mine: " + POPEN
    evil.write_text(f"# @package _global_\n{group}:\n{packed}\n{log.replace('LEFT', str(tmp_path / 'left'))}\n")
    for pieces in (("launcher=pool",), ("launcher=basic",), ("launcher=basic", "sweeper=basic")):
        ended = run(project, tmp_path, "do=run", f"{group}={usual},evil", *(f"hydra/{piece}" for piece in pieces))
        assert (ended.returncode, "hydra.job_logging.handlers.mine.class" in ended.stderr) == (2, True), ended.stderr
    evil.unlink()
    assert not (tmp_path / "left").exists()


@pytest.mark.parametrize("where", ["command line", "primary configuration"])
def test_no_package_is_imported_to_look_for_configurations(where: str, project: Path, tmp_path: Path) -> None:
    package = tmp_path / "evilpkg"
    package.mkdir()
    (package / "__init__.py").write_text(f"import pathlib; pathlib.Path({str(tmp_path / 'left')!r}).touch()\n")
    own = tmp_path / "own"
    own.mkdir()
    (own / "other.yaml").write_text("defaults: [config]\nhydra:\n  searchpath: ['pkg://evilpkg']\n")
    words = {
        "command line": ("hydra.searchpath=[pkg://evilpkg]",),
        "primary configuration": ("--config-dir", str(own), "--config-name", "other"),
    }[where]
    ended = run(project, tmp_path, *words)
    assert ended.returncode == 2, ended.stderr
    assert "hydra.searchpath 'pkg://evilpkg' is not taken" in ended.stderr
    assert not (tmp_path / "left").exists()


def test_a_folder_of_ones_own_configurations_is_taken(project: Path, tmp_path: Path) -> None:
    (tmp_path / "own/study").mkdir(parents=True)
    (tmp_path / "own/study/mine.yaml").write_text(f"{STUDY}hydra:\n  sweeper:\n    params:\n      rule: width\n")
    for words in (
        ("study=mine", "--config-dir", str(tmp_path / "own")),
        (f"hydra.searchpath=[file://{tmp_path}/own]",),
    ):
        ended = run(project, tmp_path, *words)
        assert ended.returncode == 0, ended.stderr


def test_no_pickle_is_read(project: Path, tmp_path: Path) -> None:
    (tmp_path / "config.pickle").write_bytes(b"cpathlib\nPath.touch\n(cpathlib\nPath\n(Vleft\ntRtR.")
    for option in ("--experimental-rerun", "--exp"):
        ended = run(project, tmp_path, option, str(tmp_path / "config.pickle"))
        assert (ended.returncode, "--experimental-rerun is not taken" in ended.stderr) == (2, True), ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["config.pickle"]


def test_hydras_own_logs_and_launchers_are_taken(project: Path, tmp_path: Path) -> None:
    logs = ("hydra/job_logging=stdout", "hydra/hydra_logging=default")
    for more in (logs, ("hydra/hydra_logging=hydra_debug",), ("hydra/launcher=basic",), ("hydra/sweeper=basic",)):
        ended = run(project, tmp_path, "study=quick", "family=mobilenet_v1_small", "rule=width", *more)
        assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    ("group", "target"),
    [
        ("family", "scaling_lab.networks.families.efficientnet._rounded"),
        ("dataset", "scaling_lab.data.files.cache.os.system"),
        ("dataset", "scaling_lab.data.files.download.download"),
        ("engine", "scaling_lab.sweep.executors.slurm.submit"),
        ("engine", "scaling_lab.sweep.executors.slurm_job.Batch"),
        ("rule", "scaling_lab.networks.scaling.rounding.Rounding"),
        ("recipe", "scaling_lab.config.recipe._whole"),
    ],
)
def test_only_values_of_a_group_are_made(group: str, target: str) -> None:
    """None of these is called: each lacks an argument, and that would be another message."""
    with pytest.raises(UserError, match=r"is no |there is no module|unknown part of"):
        registry.build_value(group, {"_target_": target})
