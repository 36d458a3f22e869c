"""The devices that points can be trained on. torch is asked in a process of its own."""

from contextlib import closing
from pathlib import Path

from scaling_lab.errors import UserError
from scaling_lab.sweep.executors.processes import call_in_processes

AUTO, CPU, GPU = "auto", "cpu", "cuda"
ALLOWED = "auto, cpu, cuda for all GPUs, or one of them such as cuda:0"


def resolve_devices(asked: str, files: Path = Path("/dev")) -> tuple[str, ...]:
    """`cpu`, or the GPUs that are meant: auto takes all of them where there are any. files: where drivers show GPUs.

    Raises UserError for another word and for a GPU that torch does not find.
    """
    kind, colon, number = asked.partition(":")
    if asked not in (AUTO, CPU, GPU) and not (kind == GPU and colon and number.isascii() and number.isdigit()):
        raise UserError(f"device is {asked!r}; it must be {ALLOWED}")
    if asked == CPU or (asked == AUTO and not any(files.glob("nvidia[0-9]*"))):
        return (CPU,)
    count, version = _found()
    if asked == AUTO:
        return tuple(f"{GPU}:{i}" for i in range(count)) or (CPU,)
    wanted = range(count) if asked == GPU else (int(number),)
    if not count or wanted[0] >= count:
        has = "no GPU" if not count else f"{count} GPU{'s' * (count > 1)}, cuda:0 to cuda:{count - 1}"
        raise UserError(f"device is {asked!r}; torch {version} finds {has} on this machine; it must be {ALLOWED}")
    return tuple(f"{GPU}:{i}" for i in wanted)


def gpus() -> tuple[int, str]:
    """How many GPUs torch finds, and its version."""
    import torch

    return torch.cuda.device_count(), torch.__version__


def _found() -> tuple[int, str]:
    with closing(call_in_processes(gpus, [()], workers=1)) as ended:
        for _, found in ended:
            if isinstance(found, tuple):
                return found
            raise UserError(f"torch could not be asked for GPUs: {found.reason}")
    raise UserError("torch could not be asked for GPUs")
