"""A family from the code of a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from own_nets import Family

from scaling_lab.config import registry
from scaling_lab.modules import trust
from scaling_lab.networks.module_network import ModuleNetwork


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Family]:
    """Return a function from the code of a file, trusted, to the family that it makes."""
    monkeypatch.setattr(trust, "_trusted", set())

    def make(code: str, **settings: object) -> ModuleNetwork:
        path = tmp_path / "nets.py"
        path.write_text(code)
        trust.trust_file(path)
        content = registry.read_yaml("family", "module") | {"path": str(path)} | settings
        network: ModuleNetwork = registry.build_value("family", content, "module")
        return network

    return make
