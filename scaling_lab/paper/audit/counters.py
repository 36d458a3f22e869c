"""Multiply-adds that other libraries state for networks of the lab, and the counting convention that explains them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scaling_lab.networks.costs.cost import cost_by_part, network_cost
from scaling_lab.networks.network import Network
from scaling_lab.paper.audit.printed import BILLION, MILLION, PrintedNumber
from scaling_lab.paper.audit.readings import baseline_network
from scaling_lab.paper.tables import read_printed_records

TIMM_FAMILIES = {f"{maker}efficientnet_b{n}": f"efficientnet_b{n}" for maker in ("", "tf_") for n in range(8)}
TIMM_FAMILIES |= {f"{maker}efficientnet_lite{n}": f"efficientnet_lite{n}" for maker in ("", "tf_") for n in range(5)}
TIMM_FAMILIES |= {f"resnet{n}": f"resnet{n}" for n in (18, 34, 50, 101, 152)}
TIMM_FAMILIES |= {
    "mobilenetv1_100": "mobilenet_v1",
    "mobilenetv2_100": "mobilenet_v2",
    "tf_efficientnetv2_s": "efficientnet_v2_s",
}
TIMM_FAMILIES |= {
    f"{maker}mobilenetv3_{size}_100": f"mobilenet_v3_{size}" for maker in ("", "tf_") for size in ("small", "large")
}
TIMM_FAMILIES |= {
    "regnety_008": "regnet_y_800mf",
    "regnety_008_tv": "regnet_y_800mf",
    "efficientnetv2_rw_s": "efficientnet_v2_s",
}
"""timm's names of networks that may be a family of the lab; the number of parameters decides whether one is."""

PLAIN_CONVENTION = "convolutions and linear layers"
CONVENTIONS = (
    PLAIN_CONVENTION,
    f"{PLAIN_CONVENTION} + 2 per batch norm element",
    f"{PLAIN_CONVENTION} + 2 per batch norm element + the pool before the classifier",
    f"{PLAIN_CONVENTION} + 2 per batch norm element + all global pools (fvcore's total)",
)
"""Each convention counts what the previous one counts, and more."""


@dataclass(frozen=True)
class ElementCounts:
    """Elements per image that counters treat differently.

    Attributes:
        norm: Elements that batch norms write.
        head_pool: Elements that the pool before the classifier reads.
        gate_pools: Elements that the pools of squeeze-and-excitation gates read.
    """

    norm: int
    head_pool: int
    gate_pools: int


@dataclass(frozen=True)
class LibraryCount:
    """Multiply-adds that a library states for a network, and the lab's counts of that network.

    Attributes:
        library: Such as timm.
        model: The library's name of the network.
        family: The lab's family.
        side: Side in pixels.
        stated: Billions of multiply-adds that the library states.
        params: Millions of parameters that the library states.
        is_same_network: Whether the stated parameters are those of the lab's family.
        counts: The lab's count under each of `CONVENTIONS`; zeros for another network.
        source: Where the stated numbers come from.
    """

    library: str
    model: str
    family: str
    side: int
    stated: PrintedNumber
    params: PrintedNumber
    is_same_network: bool
    counts: tuple[int, ...]
    source: str

    @property
    def matching_conventions(self) -> tuple[str, ...]:
        """The conventions under which the lab's count matches what is stated."""
        pairs = zip(CONVENTIONS, self.counts, strict=True)
        return tuple(name for name, count in pairs if self.stated.matches(count))


def library_counts() -> list[LibraryCount]:
    """Return every row of `counters` and, once per architecture and side, of `networks` that may be a family."""
    return list(dict.fromkeys((*_other_libraries(), *_timm())))


def count_matches(counts: Sequence[LibraryCount]) -> dict[str, dict[str, int]]:
    """Return for each library how many of its numbers about networks of the lab each convention matches."""
    matches: dict[str, dict[str, int]] = {}
    for count in counts:
        if count.is_same_network:
            by_convention = matches.setdefault(count.library, dict.fromkeys(CONVENTIONS, 0))
            for name in count.matching_conventions:
                by_convention[name] += 1
    return matches


def count_by_convention(network: Network) -> tuple[int, ...]:
    """Count the multiply-adds of a network under each of `CONVENTIONS`."""
    elements, flops = count_elements(network), network_cost(network).flops
    with_norm = flops + 2 * elements.norm
    with_head_pool = with_norm + elements.head_pool
    return (flops, with_norm, with_head_pool, with_head_pool + elements.gate_pools)


def count_elements(network: Network) -> ElementCounts:
    """Count the elements that batch norms write and global pools read, for one image."""
    total, (_, head) = network_cost(network), cost_by_part(network)[-1]
    return ElementCounts(total.norm_elements, head.pooled, total.pooled - head.pooled)


def _other_libraries() -> Iterator[LibraryCount]:
    for record in read_printed_records("counters"):
        yield _library_count(record["library"], record["model"], record["model"], record)


def _timm() -> Iterator[LibraryCount]:
    for record in read_printed_records("networks"):
        if record["arch"] in TIMM_FAMILIES:
            yield _library_count("timm", record["arch"], TIMM_FAMILIES[record["arch"]], record)


def _library_count(library: str, model: str, family: str, record: dict[str, str]) -> LibraryCount:
    network = replace(baseline_network(family), side=int(record["resolution"]))
    params = PrintedNumber(record["params_M"], MILLION)
    is_same = params.matches(network_cost(network).params)
    counts = count_by_convention(network) if is_same else (0,) * len(CONVENTIONS)
    stated = PrintedNumber(record["gmacs"], BILLION)
    return LibraryCount(library, model, family, network.side, stated, params, is_same, counts, record["source"])
