"""What a machine with a GPU and without a network needs beside this checkout, in a folder of at most 40 MiB.

How to run, with a network, in the project's own virtual environment: `make offline-pack`, or

    python scripts/offline_pack.py cifar10.tar.gz --python-version 3.12 --has torch,numpy

Wheels: of everything that the project depends on, in the versions of constraints.txt, but for what that machine has and
for what only that needs. Pictures: a tar of class folders, whole or some of each class, for `dataset=image_folder`; as
the JPEG files that they are, an eighth of their pixels. README.md in the folder says what to run there.
"""

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Collection, Mapping
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scaling_lab.errors import UserError
from scripts.packed import few_pictures, wheel

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 40  # MiB
HAS = (
    "torch,numpy,scipy,pandas,pyarrow,matplotlib,seaborn,pillow,jinja2,rich,pyyaml,"
    "packaging,portalocker,tabulate,tqdm,typing-extensions"
)
README = """# For a machine without a network

Made by `make offline-pack` for Python {python} on x86-64 Linux; the machine has {has}.
Check: `(cd {folder} && sha256sum -c SHA256SUMS)`. From the root of the checkout:

    python3 -m pip install --no-index --no-deps --target {folder}/site {folder}/wheels/*.whl
    PYTHONPATH={folder}/site:. python3 benchmarks/training.py --device cuda --pictures {folder}/{pictures}

A sweep on these pictures:

    PYTHONPATH={folder}/site:. python3 run_sweep.py dataset=image_folder dataset.path={folder}/{pictures}
"""


def main() -> int:
    """Exit status 2, and a line, when it cannot be made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path, help="a tar of class folders")
    parser.add_argument(
        "--a-class", type=int, help="so many training pictures of each class, and a fifth of that to test"
    )
    parser.add_argument("--python-version", default="3.12", help="of the machine that it is for")
    parser.add_argument("--has", default=HAS, help="packages which that machine has")
    parser.add_argument("--to", type=Path, default=ROOT / "offline-pack")
    asked = parser.parse_args()
    asked.to.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=asked.to.parent, prefix=".offline-pack.") as draft:
            pack = Path(draft) / "pack"
            fill(pack, asked)
            shutil.rmtree(asked.to, ignore_errors=True)
            os.replace(pack, asked.to)
    except (UserError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def fill(folder: Path, asked: argparse.Namespace) -> None:
    """Wheels, pictures, README and sums, and a line for each part. Raises UserError when they are over the limit."""
    (folder / "wheels").mkdir(parents=True)
    has = {name.strip() for name in asked.has.split(",")}
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    pinned = pins((ROOT / "constraints.txt").read_text())
    for name in lacking(needs, has, asked.python_version, declared):
        if name not in pinned:
            raise UserError(f"constraints.txt has no {name}")
        wheel(f"{name}=={pinned[name]}", asked.python_version, folder / "wheels")
    pictures = few_pictures(asked.pictures, asked.a_class, folder)
    words = {"python": asked.python_version, "has": asked.has, "folder": asked.to.name, "pictures": pictures.name}
    (folder / "README.md").write_text(README.format(**words))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        print(f"{path.stat().st_size:12,}  {path.relative_to(folder)}")
    size = sum(path.stat().st_size for path in files)
    print(f"{size:12,}  in all, {size / 2**20:.1f} MiB")
    if size > LIMIT * 2**20:
        told = f"the pack is {size / 2**20:.1f} MiB, {pictures.stat().st_size / 2**20:.1f} of them pictures"
        raise UserError(f"{told}; at most {LIMIT} are allowed: --a-class takes fewer pictures, --has leaves out wheels")
    sums = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files)
    (folder / "SHA256SUMS").write_text("".join(sums))


def lacking(
    needs: Collection[str], has: Collection[str], python_version: str, of: Callable[[str], Collection[str]]
) -> list[str]:
    """Names of what is needed on that machine and not there, sorted, with what they need in turn.

    needs: as in pyproject.toml. of: what a package needs, by its name. A package that is there brings its own.
    """
    there, found = {canonicalize_name(name) for name in has}, set[str]()
    machine = {
        "python_version": python_version,
        "python_full_version": f"{python_version}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "extra": "",
    }
    waiting = list(needs)
    while waiting:
        need = Requirement(waiting.pop())
        name = str(canonicalize_name(need.name))
        if name in there or name in found or (need.marker and not need.marker.evaluate(machine)):
            continue
        found.add(name)
        waiting += of(name)
    return sorted(found)


def declared(name: str) -> Collection[str]:
    """What an installed package says that it needs. Raises UserError for one that is not installed."""
    try:
        return requires(name) or ()
    except PackageNotFoundError:
        raise UserError(f"{name} is needed and not installed here; run this in the project's own environment") from None


def pins(constraints: str) -> Mapping[str, str]:
    """Versions by name from lines NAME==VERSION."""
    lines = (line.partition("#")[0].strip() for line in constraints.splitlines())
    found = (line.partition("==") for line in lines if line)
    return {str(canonicalize_name(name)): version for name, _, version in found}


if __name__ == "__main__":
    sys.exit(main())
