"""The wheel, installed into an empty folder and used from another one: everything it needs is inside."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from progress_lines import without_progress

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "scaling_lab", "hydra_plugins", "conf")
TINY = (
    "name=tiny",
    "family=mobilenet_v1_small",
    "rule=multipliers",
    "rule.w=0.25",
    "rule.r=0.4",
    "seed=0",
    "workers=1",
)
SHORT = ("recipe.epochs=1", "recipe.warmup_epochs=0", "recipe.batch=1000")
Command = Callable[..., subprocess.CompletedProcess[str]]


def _run(*command: str | Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(  # noqa: S603
        words, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel is installed into."""
    source, wheels, target = (tmp_path_factory.mktemp(name) for name in ("source", "wheels", "target"))
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source)
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input")
    built = _run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, source, folder=source)
    assert built.returncode == 0, built.stderr
    (wheel,) = wheels.glob("scaling_lab-*.whl")
    added = _run(*pip, "install", "--no-deps", "--no-index", "--target", target, wheel, folder=source)
    assert added.returncode == 0, added.stderr
    return target


@pytest.fixture
def scaling_lab(installed: Path, tmp_path: Path) -> Command:
    """Runs the installed command in an empty folder."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return _run(installed / "bin" / "scaling-lab", *words, folder=tmp_path, PYTHONPATH=str(installed))

    return run


def test_every_file_that_is_read_is_inside(installed: Path) -> None:
    package = installed / "scaling_lab"
    assert (package / "py.typed").is_file()
    for path in (ROOT / "conf").rglob("*.yaml"):
        assert (package / path.relative_to(ROOT)).read_bytes() == path.read_bytes()
    for path in (ROOT / "scaling_lab").rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            assert (installed / path.relative_to(ROOT)).is_file(), path
    assert {path.name for path in (ROOT / "hydra_plugins").rglob("*.py")} == {
        path.name for path in (installed / "hydra_plugins").rglob("*.py")
    }
    metadata = next(installed.glob("scaling_lab-*.dist-info"))
    assert {path.name for path in (metadata / "licenses").rglob("*") if path.is_file()} == {
        "LICENSE",
        "fashion_mnist.LICENSE",
    }
    assert "License-Expression: Apache-2.0 AND MIT" in (metadata / "METADATA").read_text()


def test_light_commands(scaling_lab: Command, installed: Path) -> None:
    import_path = "import scaling_lab, scaling_lab.config.registry as r; print(scaling_lab.__file__, r.CONF)"
    where = _run(sys.executable, "-c", import_path, folder=installed.parent, PYTHONPATH=str(installed))
    assert where.stdout.split() == [str(installed / "scaling_lab/__init__.py"), str(installed / "scaling_lab/conf")]
    assert scaling_lab("--version").stdout.startswith("scaling-lab 0.")
    assert "385,814,752" in scaling_lab("ls", "families").stdout
    assert "4,089,184,256" in scaling_lab("cost", "resnet50").stdout
    wrong = scaling_lab("sweep", "family=resnet18_smal")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "did you mean resnet18_small?" in wrong.stderr


@pytest.mark.slow
def test_plan(scaling_lab: Command, tmp_path: Path) -> None:
    planned = scaling_lab("plan", *TINY, *SHORT)
    assert (planned.returncode, without_progress(planned.stderr)) == (0, "")
    assert "1 question, 1 point: 0 done, 0 failed, 1 missing" in planned.stdout
    assert not any(tmp_path.iterdir())


def test_completion(scaling_lab: Command, installed: Path, tmp_path: Path) -> None:
    """As the shell asks: the words so far in COMP_LINE, the answers on file descriptor 8."""
    assert "scaling-lab" in scaling_lab("completion", "bash").stdout
    for line, answer in {
        "scaling-lab cost effi": "efficientnet_b0",
        "scaling-lab ls fam": "families",
        "scaling-lab sweep rule=dep": "depth",
        "scaling-lab cost resnet50 --roun": "--rounding",
    }.items():
        asking = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_IFS": "\n"}
        asking |= {"COMP_WORDBREAKS": " \t\n\"'><=;|&(:", "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "answers")}
        _run(installed / "bin" / "scaling-lab", folder=tmp_path, PYTHONPATH=str(installed), **asking)
        answers = (tmp_path / "answers").read_text().split("\n")
        assert any(word.strip().endswith(answer) for word in answers), (line, answers)


@pytest.mark.slow
def test_a_sweep_from_an_empty_folder(scaling_lab: Command, tmp_path: Path) -> None:
    swept = scaling_lab("sweep", *TINY, *SHORT)
    assert (swept.returncode, without_progress(swept.stderr)) == (0, "")
    assert swept.stdout.splitlines()[-1] == "report: reports/tiny/index.html"
    assert (tmp_path / "reports/tiny/index.html").is_file()
    assert scaling_lab("compare", "results/tiny").returncode == 0
