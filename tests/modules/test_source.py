"""The digest of a factory's source: of its file and the files beside it, and of nothing else."""

from pathlib import Path

import pytest

from scaling_lab.errors import UserError
from scaling_lab.modules.source import source_digest


def test_the_digest_follows_the_file_and_what_it_imports_beside_it(tmp_path: Path) -> None:
    files = {
        "nets.py": "import os\nfrom parts import block\nfrom pack.inner import act\n",
        "parts.py": "import sizes\n",
        "sizes.py": "WIDE = 8\n",
        "pack/__init__.py": "",
        "pack/inner.py": "from . import other\n",
        "pack/other.py": "",
        "unused.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    digests = {"": source_digest(tmp_path / "nets.py")}
    for name in files:
        path = tmp_path / name
        path.write_text(files[name] + "# changed\n")
        digests[name] = source_digest(tmp_path / "nets.py")
        path.write_text(files[name])
    assert digests["unused.py"] == digests[""]
    assert len(set(digests.values())) == len(files)


def test_the_digest_does_not_depend_on_the_folder(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "nets.py").write_text("x = 1\n")
    assert source_digest(tmp_path / "a" / "nets.py") == source_digest(tmp_path / "b" / "nets.py")


def test_a_file_that_is_no_python_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text("def (")
    with pytest.raises(UserError, match=r"nets\.py:1 is no Python"):
        source_digest(tmp_path / "nets.py")
