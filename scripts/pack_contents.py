"""Contents of an offline pack: wheels for another machine, and some images of a tar."""

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

OLDEST_GLIBC, NEWEST_GLIBC = 5, 28  # 2.x; pip accepts only the manylinux tags that are listed
TEST_ONE_IN = 5
TEST_FOLDERS = ("test", "val")


def download_wheel(pin: str, python_version: str, folder: Path) -> None:
    """Download the wheel of NAME==VERSION for x86-64 Linux to a folder; build it if only pure Python source exists.

    Raises:
        UserError: If there is no such wheel or no network.
    """
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    platforms = [f"--platform=manylinux_2_{glibc}_x86_64" for glibc in range(OLDEST_GLIBC, NEWEST_GLIBC + 1)]
    target = ["--only-binary=:all:", "--implementation=cp", f"--python-version={python_version}", *platforms]
    target += ["--platform=manylinux2014_x86_64", f"--dest={folder}"]
    if _run_pip([*pip, "download", "--no-deps", *target, pin])[0]:
        return
    before = set(folder.iterdir())
    succeeded, message = _run_pip([*pip, "wheel", "--no-deps", f"--wheel-dir={folder}", pin])
    if not succeeded:
        raise UserError(f"{pin} cannot be downloaded: {message}")
    for path in set(folder.iterdir()) - before:
        if not path.stem.endswith("-none-any"):
            raise UserError(f"{pin} has no wheel for x86-64 Linux and Python {python_version}, and is not pure Python")


def copy_images(source: Path, per_class: int | None, folder: Path) -> Path:
    """Copy a tar to a folder, completely or with some images of each class, and return the copy.

    Args:
        source: Tar of class folders in train/ and in test/ or val/.
        per_class: Training images of each class, the first in the order of the tar, with a fifth as many test images;
            None copies the tar as it is.
        folder: Folder to write to.

    Raises:
        UserError: If the tar cannot be read or has no such images.
    """
    if per_class is not None and per_class < 1:
        raise UserError(f"--a-class is {per_class}; must be at least 1")
    part = f"{source.name.partition('.')[0]}-{per_class}-a-class.tar.gz"
    target = folder / (source.name if per_class is None else part)
    try:
        if per_class is None:
            with tarfile.open(source) as tar:
                _ = tar.getnames()  # reads it to its end
            shutil.copyfile(source, target)
        else:
            _copy_some(source, per_class, target)
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise UserError(f"{source} cannot be read: {str(error).splitlines()[0]}") from None
    return target


def test_images(per_class: int) -> int:
    """Return the number of test images of each class, next to this many training images."""
    return max(1, per_class // TEST_ONE_IN)


def _copy_some(source: Path, per_class: int, target: Path) -> None:
    copied: Counter[tuple[str, ...]] = Counter()
    with (
        tarfile.open(source) as tar,
        target.open("wb") as file,
        GzipFile("", "wb", fileobj=file, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w") as output,
    ):
        for member in tar:
            parent = PurePosixPath(member.name).parts[:-1]
            part = parent[-2] if len(parent) > 1 else ""
            limit = per_class if part == "train" else test_images(per_class) if part in TEST_FOLDERS else 0
            if member.isfile() and copied[parent] < limit and (content := tar.extractfile(member)) is not None:
                copied[parent] += 1
                output.addfile(member, io.BytesIO(content.read()))
    if not copied:
        raise UserError(f"{source} has no [...]/train/CLASS/FILE")


def _run_pip(command: list[str]) -> tuple[bool, str]:
    """Whether the command succeeded, and the last line of its error messages."""
    process = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    lines = [line.strip() for line in process.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    return process.returncode == 0, errors[-1] if errors else "pip gave no reason"
