"""What other libraries state for networks that the lab has, and the convention that explains it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scaling_lab.networks.costs.cost import cost
from scaling_lab.networks.network import Network
from scaling_lab.paper.audit.elements import elements
from scaling_lab.paper.audit.printed import BILLION, MILLION, Printed
from scaling_lab.paper.audit.readings import baseline
from scaling_lab.paper.tables import read_printed_table

TIMM = {f"{maker}efficientnet_b{n}": f"efficientnet_b{n}" for maker in ("", "tf_") for n in range(8)}
TIMM |= {f"{maker}efficientnet_lite{n}": f"efficientnet_lite{n}" for maker in ("", "tf_") for n in range(5)}
TIMM |= {f"resnet{n}": f"resnet{n}" for n in (18, 34, 50, 101, 152)}
TIMM |= {
    "mobilenetv1_100": "mobilenet_v1",
    "mobilenetv2_100": "mobilenet_v2",
    "tf_efficientnetv2_s": "efficientnet_v2_s",
}
TIMM |= {
    f"{maker}mobilenetv3_{size}_100": f"mobilenet_v3_{size}" for maker in ("", "tf_") for size in ("small", "large")
}
TIMM |= {
    "regnety_008": "regnet_y_800mf",
    "regnety_008_tv": "regnet_y_800mf",
    "efficientnetv2_rw_s": "efficientnet_v2_s",
}
"""timm's names for what may be a family of the lab; the parameters decide whether it is."""

PLAIN = "convolutions and linear layers"
CONVENTIONS = (
    PLAIN,
    f"{PLAIN} + 2 an element of batch norm",
    f"{PLAIN} + 2 an element of batch norm + the pool before the classifier",
    f"{PLAIN} + 2 an element of batch norm + every global pool (fvcore's total)",
)
"""Each counts what the one before counts, and more."""


@dataclass(frozen=True)
class Statement:
    """Multiply-adds that a library states for a network at a side, and the lab's count under each convention.

    same_network: whether the parameters that it states are those of the lab's family.
    """

    library: str
    model: str
    family: str
    side: int
    stated: Printed
    params: Printed
    same_network: bool
    counts: tuple[int, ...]
    source: str

    @property
    def fitting(self) -> tuple[str, ...]:
        """The conventions under which the count prints what is stated."""
        return tuple(name for name, count in zip(CONVENTIONS, self.counts, strict=True) if self.stated.comes_out(count))


def statements() -> list[Statement]:
    """Every row of `counters` and, once an architecture and side, of `networks` that may be a family of the lab."""
    return list(dict.fromkeys((*_libraries(), *_timm())))


def explaining(stated: Sequence[Statement]) -> dict[str, dict[str, int]]:
    """For each library, how many of its statements about a network of the lab come out under each convention."""
    found: dict[str, dict[str, int]] = {}
    for one in stated:
        if one.same_network:
            counted = found.setdefault(one.library, dict.fromkeys(CONVENTIONS, 0))
            for name in one.fitting:
                counted[name] += 1
    return found


def conventions(network: Network) -> tuple[int, ...]:
    """Multiply-adds of a network under each convention."""
    more, flops = elements(network), cost(network).flops
    with_norm = flops + 2 * more.norm
    return (flops, with_norm, with_norm + more.head_pool, with_norm + more.head_pool + more.gate_pools)


def _libraries() -> Iterator[Statement]:
    for one in read_printed_table("counters").to_dict("records"):
        yield _statement(one["library"], one["model"], one["model"], one, one["source"])


def _timm() -> Iterator[Statement]:
    for one in read_printed_table("networks").to_dict("records"):
        if one["arch"] in TIMM:
            yield _statement("timm", one["arch"], TIMM[one["arch"]], one, one["source"])


def _statement(library: str, model: str, family: str, one: dict[str, str], source: str) -> Statement:
    network = replace(baseline(family), side=int(one["resolution"]))
    params = Printed(one["params_M"], MILLION)
    same = params.comes_out(cost(network).params)
    counts = conventions(network) if same else (0,) * len(CONVENTIONS)
    return Statement(library, model, family, network.side, Printed(one["gmacs"], BILLION), params, same, counts, source)
