"""The rounds of `benchmarks/training.py`, one table per network, and the lab's ratios to the limit and to timm."""

from collections.abc import Sequence
from statistics import median

import train_networks
from tables import aligned
from train_processes import Line

from scaling_lab.networks.costs.cost import network_cost

OF_LIMIT = 0.95


def measured(name: str, lines: Sequence[Line], rounds: int, seconds: float) -> None:
    """Measure the rates of each line for one network: each pool is prepared, then the lines take turns."""
    most: dict[int, Line] = {}
    for line in lines:
        line.rates.clear()
        if line.count >= most.setdefault(id(line.pool), line).count:
            most[id(line.pool)] = line
    for line in most.values():
        line.pool.prepare(name, line.count)
    for _ in range(rounds):
        for line in lines:
            rate = line.pool.rate(seconds, line.count)
            if rate is not None:
                line.rates.append(rate)


def table(name: str, lines: Sequence[Line], times_timm: float) -> str:
    """Return medians and ranges in images per second, and the ratios. times_timm: the target of the ratio to timm."""
    size = network_cost(train_networks.network(name))
    rows = [["", "pictures/s", "lowest", "highest"]]
    for line in lines:
        if line.pool.failed:
            rows.append([line.title, f"not measured: {line.pool.failed}"])
        else:
            rows.append([line.title, *(f"{of(line.rates):,.0f}" for of in (median, min, max))])
    body = [*aligned(rows), *_ratios(lines, times_timm)]
    return "\n  ".join([f"\n{name}: {size.params:,} parameters, {size.flops:,} FLOPs", *body])


def best(lines: Sequence[Line], kind: str) -> Line | None:
    """Return the fastest line of a kind, or None if none was measured."""
    own = [line for line in lines if line.kind == kind and line.rates and not line.pool.failed]
    return max(own, key=lambda line: median(line.rates), default=None)


def _ratios(lines: Sequence[Line], times_timm: float) -> list[str]:
    """Return the ratio of the fastest lines, round by round."""
    lab, limit, timm = (best(lines, kind) for kind in ("lab", "limit", "timm"))
    ratios = []
    if lab and limit:
        ratios.append(f"lab : limit {_ratio(lab, limit):.3f} (target: {OF_LIMIT})")
    if lab and timm:
        ratios.append(f"lab : timm {_ratio(lab, timm):.2f} (target: {times_timm})")
    if not timm:
        ratios.append("lab : timm unknown (`make .venv-timm/ready` makes a Python that has timm)")
    return ratios


def _ratio(numerator: Line, denominator: Line) -> float:
    return median(a / b for a, b in zip(numerator.rates, denominator.rates, strict=False))
