"""Documentation pages: their commands parse, their links lead somewhere, and the paths they mention exist."""

import pydoc
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override

from scaling_lab.cli import _make_parser

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [
        ROOT / name
        for name in (
            "README.md",
            "ARCHITECTURE.md",
            "CONTRIBUTING.md",
            "results/README.md",
            "reports/LOG.md",
            "llms.txt",
        )
    ]
    + list((ROOT / "docs").glob("*.md"))
)
CURRENT = [page for page in PAGES if page.name != "LOG.md"]  # the log keeps the names of its time
FOLDERS = "scaling_lab|conf|docs|tests|scripts|benchmarks|hydra_plugins|results|reports"
PLACEHOLDERS = {"x", "mine"}
GENERATED = re.compile(r"(results|reports)/(?!README|LOG)(?!\w+-reference)")


def page_id(page):
    return str(page.relative_to(ROOT))


def fenced_lines(page):
    """Return the lines of the page's code blocks, continued ones joined."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def commands(page):
    """Return the command lines of this package, split into words, without their comments."""
    lines = (line.removeprefix("$ ").removeprefix(".venv/bin/") for line in fenced_lines(page))
    starts = ("scaling-lab ", "python run_sweep.py", "python -m scaling_lab ")
    words = [shlex.split(line, comments=True) for line in lines if line.startswith(starts)]
    return [line[1:] if line[0] == "scaling-lab" else ["sweep", *line[2:]] for line in words]


GROUPS = {path.name for path in (ROOT / "conf").iterdir() if path.is_dir()}
COMMANDS = sorted({tuple(command) for page in CURRENT for command in commands(page)})


@cache
def composed(overrides):
    with initialize_config_dir(config_dir=str(ROOT / "conf"), version_base=None):
        return compose("config", overrides=list(overrides))


def choices(override: Override) -> list[str]:
    """Return the override once for each value that it sweeps over."""
    if not override.is_sweep_override():
        return [override.input_line]
    return [f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()]


def test_there_are_commands_to_check():
    assert len(COMMANDS) > 15


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_parse(command):
    verb, *words = command
    if verb not in ("sweep", "plan"):
        _, unknown = _make_parser().parse_known_args(list(command))
        assert not unknown
        return
    overrides = OverridesParser.create().parse_overrides(words)
    first = tuple(choices(override)[0] for override in overrides)
    composed(first)
    for place, override in enumerate(overrides):
        if override.get_key_element() in GROUPS:
            for choice in choices(override)[1:]:
                composed((*first[:place], choice, *first[place + 1 :]))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_internal_links_exist(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if link.startswith(("http:", "https:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text(), flags=re.MULTILINE)
            assert anchor in {
                re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
            }


@pytest.mark.parametrize("page", CURRENT, ids=page_id)
def test_paths_exist(page):
    text = page.read_text()
    paths = re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", text)
    missing = [
        path
        for path in dict.fromkeys(paths)
        if Path(path).stem not in PLACEHOLDERS and not GENERATED.match(path) and not (ROOT / path).exists()
    ]
    assert not missing


DOCUMENTED = sorted({name for page in CURRENT for name in re.findall(r"^::: (\S+)", page.read_text(), re.MULTILINE)})


@pytest.mark.parametrize("name", DOCUMENTED)
def test_documented_objects_exist(name):
    """`make docs` collects their docstrings."""
    assert pydoc.locate(name) is not None
