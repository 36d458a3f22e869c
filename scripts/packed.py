"""The two kinds of things in an offline pack: a wheel for another machine, and some pictures of a tar."""

import io
import shutil
import subprocess
import sys
import tarfile
import zlib
from collections import Counter
from gzip import GzipFile
from pathlib import Path, PurePosixPath

from scaling_lab.errors import UserError

OLDEST_GLIBC, NEWEST_GLIBC = 5, 28  # 2.x; pip takes no manylinux tag for granted but those it is told
TESTED = 5
TEST = ("test", "val")


def wheel(pin: str, python_version: str, folder: Path) -> None:
    """Puts the wheel of NAME==VERSION for x86-64 Linux into a folder; pure Python that has none is built here.

    Raises UserError when there is none to be had, or no network.
    """
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    platforms = [f"--platform=manylinux_2_{glibc}_x86_64" for glibc in range(OLDEST_GLIBC, NEWEST_GLIBC + 1)]
    there = ["--only-binary=:all:", "--implementation=cp", f"--python-version={python_version}", *platforms]
    there += ["--platform=manylinux2014_x86_64", f"--dest={folder}"]
    if _runs([*pip, "download", "--no-deps", *there, pin])[0]:
        return
    before = set(folder.iterdir())
    made, said = _runs([*pip, "wheel", "--no-deps", f"--wheel-dir={folder}", pin])
    if not made:
        raise UserError(f"{pin} could not be fetched: {said}")
    for path in set(folder.iterdir()) - before:
        if not path.stem.endswith("-none-any"):
            raise UserError(f"{pin} has no wheel for x86-64 Linux and Python {python_version}, and is not pure Python")


def few_pictures(source: Path, a_class: int | None, folder: Path) -> Path:
    """The tar, copied; with `a_class`, only so many pictures of each class under train/, the first in its order, and a
    fifth of that of each under test/ or val/. Raises UserError for a tar that cannot be read or has none of those.
    """
    if a_class is not None and a_class < 1:
        raise UserError(f"--a-class is {a_class}; it must be at least 1")
    target = folder / (source.name if a_class is None else f"{source.name.partition('.')[0]}.tar.gz")
    try:
        if a_class is None:
            with tarfile.open(source) as tar:
                _ = tar.getnames()  # to its end
            shutil.copyfile(source, target)
        else:
            _some(source, a_class, target)
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise UserError(f"pictures {source} cannot be read: {str(error).splitlines()[0]}") from None
    return target


def _some(source: Path, a_class: int, target: Path) -> None:
    taken: Counter[tuple[str, ...]] = Counter()
    with (
        tarfile.open(source) as tar,
        target.open("wb") as file,
        GzipFile("", "wb", fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as few,
    ):
        for member in tar:
            place = PurePosixPath(member.name).parts[:-1]
            part = place[-2] if len(place) > 1 else ""
            most = a_class if part == "train" else max(1, a_class // TESTED) if part in TEST else 0
            if member.isfile() and taken[place] < most and (content := tar.extractfile(member)) is not None:
                taken[place] += 1
                few.addfile(member, io.BytesIO(content.read()))
    if not taken:
        raise UserError(f"pictures {source} has no [...]/train/CLASS/FILE")


def _runs(command: list[str]) -> tuple[bool, str]:
    """Whether it ended well, and the last line it said of an error."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    said = [line.strip() for line in ran.stderr.splitlines() if line.strip()]
    errors = [line for line in said if line.startswith("ERROR")] or said
    return ran.returncode == 0, errors[-1] if errors else "pip did not say why"
