"""Collect what a GPU machine without a network needs in addition to this checkout, in a folder of at most 40 MiB.

How to run, with a network, in the project's own virtual environment: `make offline-pack`, or

    python scripts/offline_pack.py cifar10.tar.gz --a-class 1400 --python-version 3.12 --has torch,numpy

The folder contains wheels of the project's dependencies in the versions of constraints.txt, without the packages that
the machine has and without what only those need; a tar of class folders for `dataset=image_folder`, complete or with
the same number of images of each class, in the files of the source; and a README.md with the commands to run. A tar of
some images has their number in its name, such as cifar10-1400-a-class.tar.gz.
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
from scripts.pack_contents import copy_images, download_wheel, test_images

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 40  # MiB
INSTALLED = (
    "torch,numpy,scipy,pandas,pyarrow,matplotlib,seaborn,pillow,jinja2,rich,pyyaml,"
    "packaging,portalocker,tabulate,tqdm,typing-extensions"
)
README = """# For a machine without a network

Made by `make offline-pack` for Python {python} on x86-64 Linux; the machine has {has}.
Check the files: `(cd {folder} && sha256sum -c SHA256SUMS)`. From the root of the checkout:

    python3 -m pip install --no-index --no-deps --target {folder}/site {folder}/wheels/*.whl
    PYTHONPATH={folder}/site:. python3 benchmarks/training.py --device cuda --pictures {folder}/{pictures}

`{pictures}` has {part}.

To run a sweep on these images:

    PYTHONPATH={folder}/site:. python3 run_sweep.py dataset=image_folder dataset.path={folder}/{pictures}
"""


def main() -> int:
    """Make the pack. Return exit status 2 after printing the error if that is not possible."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path, help="a tar of class folders")
    parser.add_argument(
        "--a-class",
        type=int,
        metavar="N",
        help="copy N training images of each class, and N / 5 test images (default: all)",
    )
    parser.add_argument("--python-version", default="3.12", help="Python version of the machine (default: %(default)s)")
    parser.add_argument(
        "--has", default=INSTALLED, help="packages that the machine has, separated by commas (default: %(default)s)"
    )
    parser.add_argument("--to", type=Path, default=ROOT / "offline-pack", help="folder to write (default: %(default)s)")
    arguments = parser.parse_args()
    arguments.to.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=arguments.to.parent, prefix=".offline-pack.") as draft:
            pack = Path(draft) / "pack"
            fill_pack(pack, arguments)
            shutil.rmtree(arguments.to, ignore_errors=True)
            os.replace(pack, arguments.to)
    except (UserError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def fill_pack(folder: Path, arguments: argparse.Namespace) -> None:
    """Write wheels, images, README.md and SHA256SUMS to a folder, and print a line for each file.

    Raises:
        UserError: If the pack is larger than the limit.
    """
    (folder / "wheels").mkdir(parents=True)
    installed = {name.strip() for name in arguments.has.split(",")}
    required = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    pinned = parse_pins((ROOT / "constraints.txt").read_text())
    for name in missing_packages(required, installed, arguments.python_version, declared_dependencies):
        if name not in pinned:
            raise UserError(f"constraints.txt has no version of {name}")
        download_wheel(f"{name}=={pinned[name]}", arguments.python_version, folder / "wheels")
    pictures = copy_images(arguments.pictures, arguments.a_class, folder)
    values = {
        "python": arguments.python_version,
        "has": arguments.has,
        "folder": arguments.to.name,
        "pictures": pictures.name,
        "part": describe_part(arguments.pictures.name, arguments.a_class),
    }
    (folder / "README.md").write_text(README.format(**values))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        print(f"{path.stat().st_size:12,}  {path.relative_to(folder)}")
    size = sum(path.stat().st_size for path in files)
    print(f"{size:12,}  total, {size / 2**20:.1f} MiB")
    if size > LIMIT * 2**20:
        image_size = pictures.stat().st_size
        raise UserError(
            f"the pack has {size / 2**20:.1f} MiB, {image_size / 2**20:.1f} of them images; at most {LIMIT} MiB."
            " Use --a-class for fewer images or --has for fewer wheels"
        )
    sums = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files)
    (folder / "SHA256SUMS").write_text("".join(sums))


def describe_part(source: str, per_class: int | None) -> str:
    """Return which images of a tar the pack has."""
    if per_class is None:
        return f"all images of {source}"
    return (
        f"the first {per_class} training images of each class of {source} and up to {test_images(per_class)} test"
        " images of each, byte for byte: results on it are of another data set and cannot be compared with those on"
        " all images"
    )


def missing_packages(
    required: Collection[str],
    installed: Collection[str],
    python_version: str,
    dependencies: Callable[[str], Collection[str]],
) -> list[str]:
    """Return the sorted names of required packages that the machine lacks, including indirect dependencies.

    Args:
        required: Requirements as in pyproject.toml.
        installed: Packages that the machine has; their dependencies are assumed to be there, too.
        python_version: Python version of the machine.
        dependencies: Returns the requirements of a package, given its name.
    """
    present, missing = {canonicalize_name(name) for name in installed}, set[str]()
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
    pending = list(required)
    while pending:
        requirement = Requirement(pending.pop())
        name = str(canonicalize_name(requirement.name))
        if name in present or name in missing:
            continue
        if requirement.marker and not requirement.marker.evaluate(machine):
            continue
        missing.add(name)
        pending += dependencies(name)
    return sorted(missing)


def declared_dependencies(name: str) -> Collection[str]:
    """Return the requirements of an installed package.

    Raises:
        UserError: If it is not installed.
    """
    try:
        return requires(name) or ()
    except PackageNotFoundError:
        raise UserError(
            f"{name} is required but not installed here; run this in the project's virtual environment"
        ) from None


def parse_pins(constraints: str) -> Mapping[str, str]:
    """Return versions by name from lines NAME==VERSION."""
    lines = (line.partition("#")[0].strip() for line in constraints.splitlines())
    pairs = (line.partition("==") for line in lines if line)
    return {str(canonicalize_name(name)): version for name, _, version in pairs}


if __name__ == "__main__":
    sys.exit(main())
