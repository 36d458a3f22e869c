"""Trees of files as a folder or a tar, for tests of what is found in them."""

from pathlib import Path

from made_up import encoded, noise, write_tar

MOMENTS = {"mean": (0.5, 0.5, 0.5), "std": (0.2, 0.2, 0.2)}
LONG = "a_class_with_a_name_of_more_than_a_hundred_letters_" * 3
PARTED = {
    f"{part}/{label}/{number}.{ending}": f"{part} {label} {number}".encode() * 50 * number
    for part in ("train", "val")
    for label in ("n02", "n01", LONG)
    for number, ending in enumerate(("jpg", "JPEG", "png"))
}
FLAT = {name.partition("/")[2]: content for name, content in PARTED.items() if name.startswith("train")}


def unpacked(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def images(*folders: str, per_class: int = 1, classes: str = "ab") -> dict[str, bytes]:
    names = [
        f"{folder}/{label}/{n:02}.png".lstrip("/") for folder in folders for label in classes for n in range(per_class)
    ]
    return {name: encoded(noise(6, 6, 3, seed=number)) for number, name in enumerate(names)}


def write(files: dict[str, bytes], kind: str, folder: Path) -> Path:
    """Write a folder `set`, or a tar whose name is the kind, and return its path."""
    return unpacked(folder / "set", files) if kind == "folder" else write_tar(folder / kind, files)
