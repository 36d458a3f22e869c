"""The executor of docs/how-to.md: one module and one yaml are enough."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from scaling_lab.config import registry
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import UserError

DOCS = Path(__file__).parents[3] / "docs" / "how-to.md"
NAME = "scaling_lab.study.executors.futures"


@pytest.fixture
def futures(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as the page shows it."""
    section = DOCS.read_text().partition("## Add an executor")[2]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code is not None
    module = ModuleType(NAME)
    monkeypatch.setitem(sys.modules, NAME, module)
    exec(compile(code[1], str(DOCS), "exec"), module.__dict__)  # noqa: S102
    return module


@pytest.mark.usefixtures("futures")
def test_the_registry_takes_it_with_its_settings() -> None:
    executor = registry.build_value("engine", {"_target_": f"{NAME}.Futures", "processes": 3})
    assert executor.slots(SweepOptions("x"), 10) == ("cpu",) * 3
    assert executor.slots(SweepOptions("x"), 0) == ("cpu",)
    with pytest.raises(UserError, match="processes"):
        registry.build_value("engine", {"_target_": f"{NAME}.Futures", "proceses": 3})


def test_a_class_without_the_methods_is_refused_with_their_names(futures: ModuleType) -> None:
    del futures.Futures.schedule
    with pytest.raises(UserError, match="executor with schedule"):
        registry.build_value("engine", {"_target_": f"{NAME}.Futures"})
