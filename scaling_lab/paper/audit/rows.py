"""The published rows: what each prints, and which of the lab's networks it is about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.paper.audit.formula import released_coefficients
from scaling_lab.paper.audit.printed import MILLION, PrintedNumber
from scaling_lab.paper.tables import read_printed_records

B0, B0_MODEL, B0_SIDE = "efficientnet_b0", "EfficientNet-B0", 224
FAMILY_OF_MODEL = {
    "MobileNetV1": "mobilenet_v1",
    "MobileNetV2": "mobilenet_v2",
    "ResNet-50": "resnet50",
    "ResNet-152": "resnet152",
}
FAMILY_OF_MODEL |= {f"EfficientNet-B{n}": f"efficientnet_b{n}" for n in range(8)}
PANEL_OF_CURVE = {"depth": "d", "width": "w", "resolution": "r"}
"""Figure 3's panel for each curve of Figure 8."""

Record = dict[str, str]


@dataclass(frozen=True)
class PublishedRow:
    """A published row, or a point of a figure.

    Attributes:
        table: Table or figure, such as Table 2.
        label: Which row or point.
        base: The network that is scaled, by the paper's name.
        family: The lab's family of the row; empty if the lab has none.
        source: Where the printed numbers come from.
        flops: Printed multiply-adds.
        params: Printed parameters.
        top1: Printed ImageNet top-1 accuracy in percent.
        start_family: The lab's family that the multipliers scale.
        multipliers: None if the paper does not print enough to know them.
        side: Side in pixels, where it is known.
        is_assumed: Whether the row itself prints no multipliers, so that those of another row are assumed.
        reason: Why the lab cannot count the row; empty if it can.
    """

    table: str
    label: str
    base: str
    family: str
    source: str
    flops: PrintedNumber | None
    params: PrintedNumber | None = None
    top1: str = ""
    start_family: str = ""
    multipliers: Multipliers | None = None
    side: int | None = None
    is_assumed: bool = False
    reason: str = ""


def published_rows() -> tuple[PublishedRow, ...]:
    """Return every published row of Tables 2, 3 and 7 and of Figures 3, 4 and 8, in this order."""
    figure3 = tuple(_figure3())
    return (*_table2(), *_table3(), *_table7(), *figure3, *_figure4(figure3), *_figure8(figure3))


def _table2() -> Iterator[PublishedRow]:
    """Yield one row per model and distinct numbers over the versions; rows with accuracies only are left out."""
    records: dict[tuple[str, str, str], Record] = {}
    for record in read_printed_records("table2"):
        if record["flops_B"] or record["params_M"]:
            records.setdefault((record["model"], record["params_M"], record["flops_B"]), record)
    for (model, params, flops), record in records.items():
        family = FAMILY_OF_MODEL.get(model, "")
        is_efficientnet = record["kind"] == "efficientnet"
        yield PublishedRow(
            table="Table 2",
            label=model,
            base=B0_MODEL if is_efficientnet else model,
            family=family,
            source=record["source"],
            flops=PrintedNumber(flops) if flops else None,
            params=PrintedNumber(params, MILLION) if params else None,
            top1=record["top1"],
            start_family=B0 if is_efficientnet else family,
            multipliers=_table2_multipliers(record) if family else None,
            side=int(record["resolution"]) if is_efficientnet else None,
            reason="" if family else "the lab has no such family",
        )


def _table2_multipliers(record: Record) -> Multipliers:
    if record["kind"] != "efficientnet":
        return Multipliers()
    return Multipliers(float(record["depth_coeff"]), float(record["width_coeff"]), int(record["resolution"]) / B0_SIDE)


def _table3() -> Iterator[PublishedRow]:
    for record in read_printed_records("table3"):
        yield _scaled("Table 3", record["base_model"], record, record["top1"])


def _table7() -> Iterator[PublishedRow]:
    for record in read_printed_records("table7"):
        yield _scaled("Table 7", B0_MODEL, record, record["top1_v5"])


def _scaled(table: str, base: str, record: Record, top1: str) -> PublishedRow:
    family = FAMILY_OF_MODEL[base]
    return PublishedRow(
        table=table,
        label=record["row"],
        base=base,
        family=family,
        source=record["source"],
        flops=PrintedNumber(record["flops_B"]),
        top1=top1,
        start_family=family,
        multipliers=Multipliers(float(record["d"]), float(record["w"]), float(record["r"])),
        is_assumed=record["multipliers_printed"] == "no",
    )


def _figure3() -> Iterator[PublishedRow]:
    for record in read_printed_records("figure3"):
        multipliers = Multipliers(**{record["panel"]: float(record["label"])})
        yield _drawn("Figure 3", f"{record['panel']}={record['label']}", record, multipliers)


def _figure4(figure3: tuple[PublishedRow, ...]) -> Iterator[PublishedRow]:
    """Yield the points of Figure 4. A curve starts at w = 1; later points have a known w only if Figure 3 has them."""
    for record in read_printed_records("figure4"):
        d, r = (float(number) for number in re.findall(r"=([\d.]+)", record["curve"]))
        multipliers = next(
            (
                row.multipliers
                for row in figure3
                if _is_same_point(row, record) and row.multipliers and (row.multipliers.d, row.multipliers.r) == (d, r)
            ),
            Multipliers(d=d, r=r) if record["point_index"] == "0" else None,
        )
        label = f"{record['curve'].replace(',', ' ')} point {record['point_index']}"
        yield _drawn("Figure 4", label, record, multipliers, "" if multipliers else "the figure does not print w")


def _figure8(figure3: tuple[PublishedRow, ...]) -> Iterator[PublishedRow]:
    """Yield the points of Figure 8. A curve starts at the baseline; its later points are matched with Figure 3."""
    for record in read_printed_records("figure8"):
        label = f"{record['curve']} point {record['point_index']}"
        if record["clipped"] == "yes":
            yield _drawn("Figure 8", label, record, None, "not a point: where the line leaves the drawing")
        elif record["curve"] in PANEL_OF_CURVE:
            panel = PANEL_OF_CURVE[record["curve"]]
            multipliers = next(
                (row.multipliers for row in figure3 if _is_same_point(row, record) and row.label.startswith(panel)),
                Multipliers() if record["point_index"] == "0" else None,
            )
            reason = "" if multipliers else "the figure does not print the multiplier"
            yield _drawn("Figure 8", label, record, multipliers, reason)
        else:
            yield _compound(label, record)


def _compound(label: str, record: Record) -> PublishedRow:
    """Return a point of Figure 8's compound curve: the EfficientNet that prints the same FLOPs in Table 2."""
    models = {
        row["model"]
        for row in read_printed_records("table2")
        if row["flops_B"] and float(row["flops_B"]) == float(record["flops_B"])
    }
    matches = [released for released in released_coefficients() if released.model in models]
    if len(matches) != 1:
        return _drawn("Figure 8", label, record, None, "no row of Table 2 has its FLOPs")
    (released,) = matches
    multipliers = Multipliers(released.depth, released.width, released.side / B0_SIDE)
    label = f"{label} ({released.model.removeprefix('EfficientNet-')})"
    return _drawn("Figure 8", label, record, multipliers, side=released.side)


def _drawn(
    table: str, label: str, record: Record, multipliers: Multipliers | None, reason: str = "", side: int | None = None
) -> PublishedRow:
    return PublishedRow(
        table=table,
        label=label,
        base=B0_MODEL,
        family=B0,
        source=record["source"],
        flops=PrintedNumber(record["flops_B"], is_drawn=True),
        top1=record["top1"],
        start_family=B0,
        multipliers=multipliers,
        side=side,
        reason=reason,
    )


def _is_same_point(row: PublishedRow, record: Record) -> bool:
    if row.flops is None:
        return False
    return row.flops.value == PrintedNumber(record["flops_B"]).value and float(row.top1) == float(record["top1"])
