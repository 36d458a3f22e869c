"""Options of Hydra at the command line: help, configurations, information and completion of words."""

import logging
from collections.abc import Callable, Iterator

import pytest
import yaml
from omegaconf import OmegaConf
from progress_lines import without_progress

from hydra_plugins.scaling_lab_plugins.command_line import parse_command_line
from hydra_plugins.scaling_lab_plugins.front_door import hydra_main
from scaling_lab.config import registry
from scaling_lab.errors import UserError

Run = Callable[..., str]


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
    for group in (*registry.PACKAGES, "study"):
        assert f"{group}: {', '.join(registry.list_names(group))}" in text
    for setting in ("times_flops: 1", "workers: null", "results: results"):
        assert setting in text


def test_help_of_hydra(run: Run) -> None:
    assert "--config-dir" in run("--hydra-help")


def test_a_configuration_is_printed_in_any_order_of_words(run: Run) -> None:
    for words in (
        ("--cfg", "job", "rule=width", "seed=3"),
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


def test_an_unknown_option() -> None:
    assert hydra_main(["--no-such-option"]) == 2
