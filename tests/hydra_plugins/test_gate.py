"""A configuration runs no code: each case would leave a file behind."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from hydra_plugins.scaling_lab_plugins.front_door import hydra_main
from scaling_lab.config import registry
from scaling_lab.errors import UserError

STUDY = "# @package _global_\n# A study\n"
TOUCH = "{_target_: pathlib.Path.touch, self: {_target_: pathlib.Path, _args_: [LEFT]}}"
POPEN = "{class: subprocess.Popen, args: [touch, LEFT]}"
PLAN = ("do=plan", "seed=0", "times_flops=1")


class Ended(NamedTuple):
    """What a command line came to."""

    status: object
    out: str
    err: str


Sweep = Callable[..., Ended]


@pytest.fixture
def sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Sweep]:
    """Return a function that runs the command in this process, in an empty folder. `evilpkg` could be imported."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "packages/evilpkg").mkdir(parents=True)
    (tmp_path / "packages/evilpkg/__init__.py").write_text("import pathlib; pathlib.Path('left').touch()\n")
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    monkeypatch.setenv("EVIL", "pkg://evilpkg")

    def run(*words: str, plan: Sequence[str] = PLAN) -> Ended:
        try:
            status: object = hydra_main([*plan, *words])
        except SystemExit as stop:
            status = stop.code
        return Ended(status, *capsys.readouterr())

    yield run
    registry.set_search_path([registry.CONF])
    assert "evilpkg" not in sys.modules
    assert not list(tmp_path.rglob("*left*"))


def write(path: str, content: str) -> str:
    """Write a file below the folder `own`, which tests add to the search path, and return the folder."""
    file = Path("own", path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content.replace("LEFT", str(Path("left").absolute())) + "\n")
    return str(Path("own").absolute())


LOG = "\n    version: 1\n    root: {handlers: [mine]}\n    handlers: {mine: %s}"
# What a study adds, and what of the message names the mistake.
EVIL = {
    "hydra:\n  callbacks:\n    mine: " + TOUCH: "hydra.callbacks.mine is not allowed",
    "evil: {mine: " + TOUCH + "}\nhydra:\n  callbacks: ${evil}": "hydra.callbacks is not allowed",
    "evil: {mine: " + TOUCH + "}\nhydra: ${evil}": "HydraConf",
    "hydra:\n  job:\n    env_set:\n      LD_PRELOAD: LEFT": "hydra.job.env_set.LD_PRELOAD is not allowed",
    "evil: {LD_PRELOAD: LEFT}\nhydra:\n  job:\n    env_set: ${evil}": "hydra.job.env_set is not allowed",
    "hydra:\n  job:\n    env_copy: [PATH]": "hydra.job.env_set.PATH is not allowed",
    "hydra:\n  launcher:\n    more: " + TOUCH: "'more'",
    "hydra:\n  sweeper:\n    params: " + TOUCH: "hydra.sweeper.params._target_ is not allowed",
    "evil: " + TOUCH + "\nhydra:\n  sweeper: ${evil}": "PlanSweeperConf",
    "hydra:\n  sweeper:\n    _target_: pathlib.Path.touch": "pathlib.Path.touch",
    "hydra:\n  sweeper:\n    params: {hydra.searchpath: '[pkg://evilpkg]'}": "pkg://evilpkg",
    "hydra:\n  overrides:\n    hydra: ['hydra.searchpath=[pkg://evilpkg]']": "hydra.overrides is not allowed",
    "hydra:\n  overrides:\n    task: ['hydra.searchpath=[pkg://evilpkg]']": "hydra.overrides is not allowed",
    "hydra:\n  hydra_logging:" + LOG % POPEN: "hydra.hydra_logging.handlers.mine.class is not allowed",
    "hydra:\n  job_logging:" + LOG % POPEN: "hydra.job_logging.handlers.mine.class is not allowed",
    "evil: {mine: " + POPEN + "}\nhydra:\n  job_logging:\n    version: 1\n    root: {handlers: [mine]}\n"
    "    handlers: ${evil}": "hydra.job_logging.handlers is not allowed",
    "hydra:\n  job_logging:" + LOG % "{class: logging.os.mkdir, path: LEFT}": "handlers.mine.class is not allowed",
    "hydra:\n  job_logging:" + LOG % "{class: logging.FileHandler, filename: LEFT}": "mine.filename is not allowed",
    "hydra:\n  job_logging:" + LOG % "{class: logging.StreamHandler, stream: 'ext://antigravity.os'}": "mine.stream is",
    "evil: {(): pathlib.Path.touch, self: LEFT}\nhydra:\n  job_logging:" + LOG % "'${evil}'": "handlers.mine is not",
    "hydra:\n  job_logging:\n    version: 1\n    formatters:\n      mine: {(): pathlib.Path.touch}": (
        "hydra.job_logging.formatters.mine.() is not allowed"
    ),
    "family: " + TOUCH: "family mobilenet_v1_small: _target_ is 'pathlib.Path.touch'",
    "recipe: {_target_: scaling_lab.config.recipe.is_number, value: 1}": "scaling_lab.config.recipe",
    "dataset: {_target_: scaling_lab.data.files.cache.cache_folder, cache: LEFT}": "the group dataset",
    "engine: {_target_: scaling_lab.study.executors.processes.call_in_processes, function: LEFT}": "the group engine",
    "times_flops: !!python/object/apply:pathlib.Path.touch [LEFT]": "python/object/apply:pathlib.Path.touch",
}


@pytest.mark.parametrize(("content", "fragment"), EVIL.items(), ids=range(len(EVIL)))
def test_a_study_runs_no_code(content: str, fragment: str, sweep: Sweep) -> None:
    folder = write("study/evil.yaml", STUDY + content)
    ended = sweep("study=evil", "--config-dir", folder)
    assert (ended.status, fragment in ended.err) == (2, True), ended
    if not fragment.startswith("hydra"):  # others are refused before it matters whether there is a sweeper
        sweep("study=evil", "--config-dir", folder, "hydra.mode=RUN")


@pytest.mark.parametrize("group", ["family", "rule", "recipe"])
def test_a_file_of_a_group_that_is_swept_runs_no_code(group: str, sweep: Sweep) -> None:
    usual = {"family": "mobilenet_v1_small", "rule": "width", "recipe": "short"}[group]
    content = (registry.CONF / group / f"{usual}.yaml").read_text()
    nested = "\n".join(f"  {line}" for line in content.splitlines())
    log = "hydra:\n  job_logging:\n    version: 1\n    handlers:\n      mine: " + POPEN
    folder = write(f"{group}/evil.yaml", f"# @package _global_\n{group}:\n{nested}\n{log}")
    for plugins in ((), ("hydra/launcher=basic",)):
        ended = sweep("do=run", f"{group}={usual},evil", "--config-dir", folder, *plugins)
        assert ended.status == 2, ended
        assert "hydra.job_logging.handlers.mine.class" in ended.err


PACKAGE = "[pkg://evilpkg]"
PRIMARIES = {
    "written": "hydra:\n  searchpath: ['pkg://evilpkg']",
    "interpolated": "evil: 'pkg://evilpkg'\nhydra:\n  searchpath: ['${evil}']",
    "interpolated node": "evil: {searchpath: ['pkg://evilpkg']}\nhydra: ${evil}",
    "from the environment": "hydra:\n  searchpath: ['${oc.env:EVIL}']",
}


@pytest.mark.parametrize(
    "words",
    [
        (f"hydra.searchpath={PACKAGE}",),
        (f"+hydra.searchpath={PACKAGE}", "hydra.mode=RUN"),
        (f"++hydra.searchpath={PACKAGE}", "--multirun"),
        ("hydra.searchpath=['pkg://evilpkg']",),
        (f"hydra . searchpath={PACKAGE}",),
        (f"hydra.searchpath={PACKAGE}", "--cfg", "job"),
        (f"hydra.searchpath={PACKAGE}", "--cfg=hydra", "--resolve"),
        (f"hydra.searchpath={PACKAGE}", "--info", "defaults-tree"),
        (f"hydra.searchpath={PACKAGE}", "-i"),
        (f"hydra.searchpath={PACKAGE}", "--help"),
        (f"hydra.searchpath={PACKAGE}", "--hydra-help"),
        (f"hydra.searchpath={PACKAGE}", "hydra/launcher=basic", "hydra/sweeper=basic"),
        (f"hydra.overrides.hydra=['hydra.searchpath={PACKAGE}']",),
        ("hydra.sweeper.params={hydra.searchpath: '[pkg://evilpkg]'}",),
        ("--config-path", "pkg://evilpkg"),
        ("--config-pa", "pkg://evilpkg"),
        ("-cp", "pkg://evilpkg"),
        ("--config-dir=pkg://evilpkg",),
        ("-cdpkg://evilpkg",),
    ],
)
def test_no_package_is_imported_for_the_command_line(words: tuple[str, ...], sweep: Sweep) -> None:
    ended = sweep(*words)
    assert ended.status == 2, ended
    assert "error: " in ended.err


@pytest.mark.parametrize("name", PRIMARIES)
def test_no_package_is_imported_for_the_primary_configuration(name: str, sweep: Sweep) -> None:
    folder = write("other.yaml", f"defaults: [config]\n{PRIMARIES[name]}")
    for where in (("--config-dir", folder), ("--config-path", folder), ("-cp", folder)):
        for option in ((), ("--cfg", "job"), ("--help",), ("hydra.mode=RUN",), ("-i",), ("-m",)):
            ended = sweep(*where, "--config-na", "other", *option)
            assert (ended.status, "searchpath" in ended.err) == (2, True), ended


def test_completion_imports_no_package(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMP_LINE", f"python run_sweep.py hydra.searchpath={PACKAGE} fam")
    ended = sweep("-sc", "query=bash", plan=())
    assert (ended.status, "evilpkg" in ended.err) == (2, True), ended


@pytest.mark.parametrize("group", ["job_logging", "hydra_logging"])
def test_logs_from_an_added_folder_run_no_code(group: str, sweep: Sweep) -> None:
    folder = write(f"hydra/{group}/mine.yaml", "version: 1\nroot: {handlers: [mine]}\nhandlers:\n  mine: " + POPEN)
    for where, options in (
        (("--config-dir", folder), ((), ("hydra.mode=RUN",), ("--multirun",), ("--cfg", "job"), ("--help",), ("-i",))),
        ((f"hydra.searchpath=[{folder}]",), ((),)),
    ):
        for option in options:
            ended = sweep(f"hydra/{group}=mine", *where, *option)
            assert (ended.status, f"hydra.{group}.handlers.mine.class" in ended.err) == (2, True), ended
        ended = sweep(f"hydra/{group}=mine", *where, "--hydra-help", plan=())
        assert (ended.status, f"hydra.{group}.handlers.mine.class" in ended.err) == (2, True), ended


def test_a_callback_on_the_command_line_is_refused(sweep: Sweep) -> None:
    for option in ((), ("--multirun",), ("hydra.mode=RUN",), ("--help",)):
        ended = sweep("+hydra.callbacks.x={_target_: pathlib.Path.touch, self: left}", *option)
        assert (ended.status, "hydra.callbacks.x" in ended.err) == (2, True), ended


def test_folders_of_a_user_are_used(sweep: Sweep) -> None:
    """For studies and for names of the groups; conf/ comes first."""
    write("study/mine.yaml", f"{STUDY}hydra:\n  sweeper:\n    params:\n      rule: width")
    write("rule/wide.yaml", (registry.CONF / "rule/width.yaml").read_text())
    write("recipe/mine.yaml", (registry.CONF / "recipe/short.yaml").read_text())
    folder = write("rule/depth.yaml", "evil: 1")
    assert sweep("study=mine", "--config-dir", folder).status == 0
    narrow = ("family=mobilenet_v1_small", "rule=wide,depth", "times_flops=2")
    for where in (("--config-dir", "own"), (f"hydra.searchpath=[file://{folder}]",)):
        ended = sweep(*narrow, "recipe=mine", "recipe.epochs=3", *where)
        assert (ended.status, "wide 2x" in ended.out, "depth 2x" in ended.out) == (0, True, True), ended
        assert registry.display_name("recipe", "mine", {"epochs": -1}) == "mine(epochs=-1)"
        assert "wide" in sweep("rule=wid", *where).err


def test_no_pickle_is_read(sweep: Sweep) -> None:
    Path("config.pickle").write_bytes(b"cpathlib\nPath.touch\n(cpathlib\nPath\n(Vleft\ntRtR.")
    for option in ("--experimental-rerun", "--exp", "--e"):
        ended = sweep(option, "config.pickle")
        assert (ended.status, "--experimental-rerun" in ended.err) == (2, True), ended


def test_logs_of_hydra_are_allowed(sweep: Sweep) -> None:
    logs = ("hydra/job_logging=stdout", "hydra/hydra_logging=default", "hydra/launcher=basic")
    for more in (logs, ("hydra/hydra_logging=hydra_debug",)):
        ended = sweep("family=mobilenet_v1_small", "rule=width", *more)
        assert ended.status == 0, ended


@pytest.mark.parametrize(
    ("group", "target"),
    [
        ("family", "scaling_lab.networks.families.efficientnet._rounded"),
        ("dataset", "scaling_lab.data.files.cache.os.system"),
        ("dataset", "scaling_lab.data.files.download.download"),
        ("engine", "scaling_lab.study.executors.slurm.submit"),
        ("engine", "scaling_lab.study.executors.slurm_job.Batch"),
        ("rule", "scaling_lab.networks.scaling.rounding.Rounding"),
        ("recipe", "scaling_lab.config.recipe._whole"),
    ],
)
def test_only_values_of_a_group_are_built(group: str, target: str) -> None:
    """None of these is called: each lacks an argument, which would give another message."""
    with pytest.raises(UserError, match=r"value of the group|there is no module|unknown part of"):
        registry.build_value(group, {"_target_": target})
