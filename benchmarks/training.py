"""Training speed: this lab, timm and a bare loop on the same network, batch, precision and images.

`make benchmark-training`, or `python benchmarks/training.py --device cuda`; docs/speed.md says what is measured.
Contenders take turns in short rounds, so that other load affects all of them alike; numbers are medians.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import train_networks
import train_pictures
import train_start
from tables import aligned
from train_processes import Line, Pool, pool
from train_tables import best, measured, table
from train_worker import Job

from scaling_lab.config.cores import usable_cores
from scaling_lab.errors import UserError
from scaling_lab.study.executors.devices import AUTO, CPU, resolve_devices

TIMM = train_pictures.ROOT / ".venv-timm" / "bin" / "python"
ON_A_GPU = [1, 2, 4, 8]
TIMES_TIMM = {"cpu": 2.5, "cuda": 3.0}
FIRST_STEP = 0.5


def main() -> int:
    """Run the benchmark; exit status 2 for a user's mistake."""
    options = arguments()
    try:
        options.device = resolve_devices(options.device)[0]
        on_cpu = options.device == CPU
        if options.workers_per_device is None:
            options.workers_per_device = [usable_cores()] if on_cpu else ON_A_GPU
        with tempfile.TemporaryDirectory() as folder:
            pictures = train_pictures.prepare(options.pictures or train_pictures.usual(), Path(folder))
            precision = "float32" if on_cpu else "bfloat16 where the GPU has it"
            average = f", averaged weights of decay {options.ema}" if options.ema else ""
            print(machine(options.device))
            print(f"{pictures}, {train_networks.SIDE} px; batch {options.batch}; {precision}{average}", flush=True)
            workers = compared(options, folder)
            engine(options, Path(folder), [options.device] * workers)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def arguments() -> argparse.Namespace:
    """Parse the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default=AUTO, help="cpu, or cuda or cuda:1; default: a GPU if there is one")
    parser.add_argument("--networks", type=lambda text: text.split(","), default=list(train_networks.NAMES))
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of a contender in a round")
    parser.add_argument(
        "--pictures", type=Path, help="a tar of class folders; default: CIFAR-10 if it is there, or noise"
    )
    parser.add_argument("--workers-per-device", type=lambda text: sorted({int(n) for n in text.split(",")}))
    parser.add_argument("--compiled", action="store_true", help="lines with torch.compile too")
    parser.add_argument("--ema", type=float, default=0.0, help="decay of averaged weights, for the lab and for timm")
    parser.add_argument(
        "--timm", type=Path, default=TIMM if TIMM.is_file() else Path(sys.executable), help="its Python"
    )
    options = parser.parse_args()
    if min(*(options.workers_per_device or [1]), options.batch, options.rounds) < 1 or options.seconds <= 0:
        parser.error("workers, batch, rounds and seconds must be above 0")
    for name in options.networks:
        if name not in train_networks.NAMES:
            parser.error(f"no network {name!r}; there are {', '.join(train_networks.NAMES)}")
    if not options.timm.is_file():
        parser.error(f"no Python at {options.timm}")
    return options


def compared(options: argparse.Namespace, folder: str) -> int:
    """Print one table per network and return the fastest number of workers per device for the last one."""
    times_timm = TIMES_TIMM[options.device.partition(":")[0]]
    with ExitStack() as stack:
        lines = contenders(stack, options, folder)
        for name in options.networks:
            own = [line for line in lines if line.only in ("", name)]
            measured(name, own, options.rounds, options.seconds)
            print(table(name, own, times_timm), flush=True)
        fastest = best(lines, "lab")
    return fastest.count if fastest else 1


def contenders(stack: ExitStack, options: argparse.Namespace, folder: str) -> list[Line]:
    """Start the processes and return the lines of each table."""
    cores, most, on_cpu = usable_cores(), max(options.workers_per_device), options.device == CPU

    def started(script: str, count: int, threads: int, **other: Any) -> Pool:
        python = str(options.timm) if script == "train_timm.py" else sys.executable
        return stack.enter_context(
            pool(script, Job(folder, options.device, options.batch, threads, **other), count, python)
        )

    average: dict[str, Any] = {"ema": options.ema}
    lab, limit = started("train_lab.py", most, 1, **average), started("train_limit.py", most, 1)
    lines = [Line("lab", f"lab, {_of(n)}", lab, n) for n in options.workers_per_device]
    lines += [Line("limit", f"limit, {_of(n)}", limit, n) for n in options.workers_per_device]
    if on_cpu:
        lines.append(Line("limit", f"limit, 1 process of {cores} threads", started("train_limit.py", 1, cores), 1))
    if options.compiled:
        both = {"lab": started("train_lab.py", 1, 1, compiled=True, **average)}
        both["limit"] = started("train_limit.py", 1, 1, compiled=True)
        lines += [Line("extra", f"{name}, compiled, 1 process", workers, 1) for name, workers in both.items()]
    timm = started("train_timm.py", 1, 0, loaders=cores, **average)
    lines.append(Line("timm", f"timm as its script, {cores} loaders", timm, 1))
    if on_cpu:
        single = started("train_timm.py", cores, 1, loaders=1, **average)
        lines.append(Line("extra", f"timm, {_of(cores)}, 1 loader each", single, cores))
    for network in set(options.networks) & set(train_networks.OWN_IN_TIMM):
        name = train_networks.OWN_IN_TIMM[network]
        own = started("train_timm.py", 1, 0, loaders=cores, timm=name, **average)
        lines.append(Line("extra", f"timm, its own {name}", own, 1, network))
    return lines


def engine(options: argparse.Namespace, folder: Path, slots: list[str]) -> None:
    """Print the time of points to their first step, and points per hour."""
    pictures = train_pictures.pictures(folder)
    rows = [["", "all", *train_start.PARTS]]
    for name, parts in train_start.first_steps(options.networks, pictures, options.batch, options.device).items():
        numbers = [f"failed: {parts}"] if isinstance(parts, str) else [f"{part:.3f}" for part in (sum(parts), *parts)]
        rows.append([name, *numbers])
    title = f"\nfrom point to first step, one at a time, in seconds (target: under {FIRST_STEP})"
    print("\n  ".join([title, *aligned(rows)]), flush=True)
    print(f"\nsweep: {train_start.sweep(options.networks, pictures, options.batch, slots)}")


def machine(device: str) -> str:
    """Return a description of the machine."""
    import torch

    from scaling_lab.training.provenance import collect_provenance

    provenance = collect_provenance(torch.device(device))
    return "{device}; {processor}, {usable} cores; torch {torch}, Python {python}".format(
        **provenance, usable=usable_cores()
    )


def _of(processes: int) -> str:
    return f"{processes} process{'es' * (processes > 1)} of 1 thread"


if __name__ == "__main__":
    sys.exit(main())
