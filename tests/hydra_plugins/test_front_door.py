"""Options of Hydra at the command line: help, configurations, information and completion of words."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf
from progress_lines import without_progress

from hydra_plugins.scaling_lab_plugins.command_line import parse_command_line, with_study
from hydra_plugins.scaling_lab_plugins.front_door import hydra_main
from scaling_lab.config import registry, targets
from scaling_lab.errors import UserError

Run = Callable[..., str]
PROGRESS = ("planning ...", "composing questions: ")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Return a function that runs a command line which must succeed, and returns what it prints."""

    def run_and_read(*words: str) -> str:
        try:
            status: object = hydra_main(words)
        except SystemExit as stop:
            status = stop.code
        out, err = capsys.readouterr()
        assert (status, without_progress(err)) == (0, "")
        return out

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield run_and_read
    root.handlers[:] = handlers  # `--info` adds one
    root.setLevel(level)


@pytest.mark.parametrize("option", ["--help", "-h", "--hel"])
def test_help_lists_groups_names_and_settings(option: str, run: Run) -> None:
    text = run(option)
    for group in (*targets.PACKAGES, "study"):
        names = sorted([*registry.list_names(group), *(["module", "timm"] if group == "family" else [])])
        assert f"{group}: {', '.join(names)}" in text
    for setting in ("times_flops: 1", "workers: null", "results: results"):
        assert setting in text


def test_help_of_hydra(run: Run) -> None:
    assert "--config-dir" in run("--hydra-help")


def test_a_configuration_is_printed_in_any_order_of_words(run: Run) -> None:
    for words in (
        ("rule=width", "-c", "job", "seed=3"),
        ("rule=width", "seed=3", "--cf=job"),
    ):
        config = yaml.safe_load(run(*words))
        assert (config["rule"], config["seed"]) == (registry.read_yaml("rule", "width"), 3)
        assert "hydra" not in config
    assert run("--cfg", "job", "--package", "rule", "rule=width").splitlines()[0] == "# @package rule"
    assert OmegaConf.create(run("--cfg", "hydra", "seed=1")).hydra.job.name == "run_sweep"
    assert yaml.safe_load(run("--cfg", "job", "--resolve", "study=cifar"))["name"] == "cifar"


def test_information_is_printed(run: Run) -> None:
    assert str(registry.CONF) in run("--info", "searchpath")
    assert "PlanSweeper" in run("--info", "plugins")
    assert "family: mobilenet_v1_small" in run("-i", "config")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("fam", {"family="}),
        ("family=resnet1", {"family=resnet101", "family=resnet152", "family=resnet18", "family=resnet18_small"}),
        ("rule=depth re", {"recipe=", "results=", "reports="}),
        ("recipe.ep", {"recipe.epochs="}),
        ("family=resnet18 family.s", {"family.side="}),
    ],
)
def test_words_are_completed(line: str, words: set[str], run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMP_LINE", f"python run_sweep.py {line}")
    assert words <= set(run("--shell-completion", "query=bash").split())


def test_completion_is_installed(run: Run) -> None:
    assert "hydra_bash_completion" in run("-sc", "install=bash")
    assert "unset hydra_bash_completion" in run("-sc", "uninstall=bash")


@pytest.mark.parametrize(
    ("words", "pattern"),
    [
        (["--run", "--multirun"], "--run.*--multirun"),
        (["--cfg=job", "-i"], "--cfg.*--info"),
        (["--resolve"], "--resolve.*--cfg"),
        (["--config-dir", "missing"], "--config-dir.*missing"),
        (["-cp", "missing"], "--config-path.*missing"),
        (["--e", "file"], "--experimental-rerun"),
    ],
)
def test_options_that_are_not_allowed(words: list[str], pattern: str) -> None:
    with pytest.raises(UserError, match=pattern):
        parse_command_line(words)


@pytest.mark.parametrize("words", [["-sc", "query"], ["-sc", "install=zhs"], ["-sc", "install=bash", "seed=1"]])
def test_wrong_requests_for_completion(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert hydra_main(words) == 2
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize(
    ("words", "fragments"),
    [
        (["--no-such-option"], ["'--no-such-option'"]),
        (["--multirn"], ["--multirun?"]),
        (["--cfg", "nope"], ["nope", "job"]),
        (["--info", "nope"], ["nope", "searchpath"]),
        (["--cfg", "job", "--package", "rul"], ["'rul'", "rule?"]),
        (["--config-name", "foo"], ["unknown configuration 'foo'", "config"]),
        (["-sc", "query=bash"], ["COMP_LINE"]),
        (["hydra.searchpath=5"], ["hydra.searchpath is 5", "file://"]),
        (["seed=" + "[" * 10_000], ["10000", "20"]),
        (["seed=" + "[" * 400 + "]" * 400], ["400", "20"]),
        (["dataset=image_folder", "dataset.path=/x/my=pics"], ["""'dataset.path="/x/my=pics"'"""]),
        (["dataset=image_folder", "dataset.path=/x/my,pics"], ["""'dataset.path="/x/my,pics"'"""]),
        (["name=a\x1b[31mb"], ["a\\x1b[31mb"]),
    ],
)
def test_a_mistake_is_one_clear_line(
    words: list[str], fragments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COMP_LINE", raising=False)
    assert hydra_main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    lines = [line for line in err.splitlines() if not line.startswith(PROGRESS)]
    assert lines
    assert all(line.startswith("error: ") and len(line) < 300 for line in lines)
    assert all(fragment in err for fragment in fragments), err
    assert "\x1b" not in err


@pytest.mark.parametrize(
    ("path", "content", "fragment"),
    [
        ("rule/mine.yaml", b"# \xff", "rule/mine.yaml"),
        ("rule/mine.yaml", b"- a", "rule mine is list"),
        ("rule/mine.yaml", b"a: [1", "rule/mine.yaml"),
        ("study/mine.yaml", b"- a", "study/mine.yaml must be a mapping"),
        ("study/mine.yaml", b"seed: 4", "@package _global_"),
        ("mine.yaml", b"# \xff", "mine.yaml"),
        ("mine.yaml", b"- a", "mine"),
    ],
)
def test_a_yaml_that_cannot_be_used_is_named(
    path: str, content: bytes, fragment: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_bytes(content)
    group = path.partition("/")[0]
    words = ["--config-name", "mine"] if group == path else [f"{group}=mine"]
    assert hydra_main([*words, "--config-dir", str(tmp_path), "do=plan"]) == 2
    [line] = [line for line in capsys.readouterr().err.splitlines() if not line.startswith(PROGRESS)]
    assert fragment in line


@pytest.mark.parametrize(
    ("words", "added"),
    [
        (["seed=3"], ["study=custom"]),
        (["rule=multipliers", "rule.d=1,2"], ["study=custom"]),
        (["+family.side=32"], ["study=custom"]),
        (["~lr_times", "times_flops=2"], ["study=custom"]),
        (["rounding=paper", "study=quick"], []),
        (["recipe=cifar_short", "recipe.epochs=2,4", "dataset.side=32", "do=plan", "workers=1", "name=x"], []),
        ([], []),
        (["seed=3", "--config-name", "mine"], []),
    ],
)
def test_axes_that_are_not_named_come_from_a_study_that_is_named(words: list[str], added: list[str]) -> None:
    options = parse_command_line(words)
    assert with_study(options) == [*added, *options.overrides]


def test_a_study_of_named_axes_has_a_name_of_its_own(run: Run) -> None:
    assert yaml.safe_load(run("--cfg", "job", "--resolve", "seed=3"))["name"] == "custom"
    assert yaml.safe_load(run("--cfg", "job", "--resolve", "workers=3"))["name"] == "quick"


@pytest.mark.parametrize("exists", [True, False])
def test_the_error_for_a_path_with_a_comma_says_how_to_write_it(
    exists: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its parts are not reported as missing where the path exists."""
    path = tmp_path / "my,images"
    if exists:
        path.mkdir()
    words = ["family=mobilenet_v1_small", "rule=depth", "dataset=image_folder", f"dataset.path={path}", "do=plan"]
    assert hydra_main([*words, "name=x"]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert f"'dataset.path=\"{path}\"'" in errors[0]
    assert len(errors) == (1 if exists else 3)


def test_two_paths_that_exist_are_not_taken_for_one_with_a_comma(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    paths = f"dataset.path={tmp_path / 'a'},{tmp_path / 'b'}"
    words = ["family=mobilenet_v1_small", "rule=depth", "dataset=image_folder", paths, "do=plan", "name=x"]
    assert hydra_main(words) == 2
    assert "quotes" not in capsys.readouterr().err


def test_the_status_of_a_study_that_was_never_started_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/mine").mkdir(parents=True)
    (tmp_path / "results/mine/plan.json").touch()
    assert hydra_main(["name=mien", "family=mobilenet_v1_small", "rule=depth", "do=status"]) == 2
    assert "did you mean results/mine?" in capsys.readouterr().err
