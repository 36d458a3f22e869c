"""The published rows with FLOPs: what each prints, and the network that the lab counts for it."""

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.paper.audit.formula import released
from scaling_lab.paper.audit.printed import MILLION, Printed
from scaling_lab.paper.tables import read_printed_table

B0 = "efficientnet_b0"
FAMILIES = {
    "MobileNetV1": "mobilenet_v1",
    "MobileNetV2": "mobilenet_v2",
    "ResNet-50": "resnet50",
    "ResNet-152": "resnet152",
}
FAMILIES |= {f"EfficientNet-B{n}": f"efficientnet_b{n}" for n in range(8)}
DIMENSIONS = {"depth": "d", "width": "w", "resolution": "r"}

Record = dict[Hashable, Any]


@dataclass(frozen=True)
class Row:
    """A published row: `family` is the lab's name for what it is about, `start` the family that the multipliers scale.

    by: None where the paper prints too little to know. side: in pixels, where it is known. assumed: the row itself
    prints no multipliers. why_not: why the lab cannot count it.
    """

    table: str
    label: str
    base: str
    family: str
    source: str
    flops: Printed | None
    params: Printed | None = None
    top1: str = ""
    start: str = ""
    by: Multipliers | None = None
    side: int | None = None
    assumed: bool = False
    why_not: str = ""


def rows() -> tuple[Row, ...]:
    """Every published row of Tables 2, 3 and 7 and of Figures 3, 4 and 8, in their order."""
    third = tuple(_figure3())
    return (*_table2(), *_table3(), *_table7(), *third, *_figure4(third), *_figure8(third))


def _records(name: str) -> list[Record]:
    return read_printed_table(name).to_dict("records")


def _table2() -> Iterator[Row]:
    """A row a model, once where the versions print the same; rows of accuracies alone are for `versions`."""
    table = read_printed_table("table2")
    table = table[(table["flops_B"] != "") | (table["params_M"] != "")]
    for (model, params, flops), same in table.groupby(["model", "params_M", "flops_B"], sort=False):
        one = same.iloc[0]
        family = FAMILIES.get(model, "")
        own = one["kind"] == "efficientnet"
        by = (
            Multipliers(float(one["depth_coeff"]), float(one["width_coeff"]), int(one["resolution"]) / 224)
            if own
            else Multipliers()
        )
        yield Row(
            table="Table 2",
            label=model,
            base="EfficientNet-B0" if own else model,
            family=family,
            source=one["source"],
            flops=Printed(flops) if flops else None,
            params=Printed(params, MILLION) if params else None,
            top1=one["top1"],
            start=B0 if own else family,
            by=by if family else None,
            side=int(one["resolution"]) if own else None,
            why_not="" if family else "the lab has no such family",
        )


def _table3() -> Iterator[Row]:
    for one in _records("table3"):
        family = FAMILIES[one["base_model"]]
        yield _scaled("Table 3", one["row"], one["base_model"], family, one)


def _table7() -> Iterator[Row]:
    for one in _records("table7"):
        yield _scaled("Table 7", one["row"], "EfficientNet-B0", B0, one | {"top1": one["top1_v5"]})


def _scaled(table: str, label: str, base: str, family: str, one: Record) -> Row:
    return Row(
        table=table,
        label=label,
        base=base,
        family=family,
        source=one["source"],
        flops=Printed(one["flops_B"]),
        top1=one["top1"],
        start=family,
        by=Multipliers(float(one["d"]), float(one["w"]), float(one["r"])),
        assumed=one["multipliers_printed"] == "no",
    )


def _figure3() -> Iterator[Row]:
    for one in _records("figure3"):
        by = Multipliers(**{one["panel"]: float(one["label"])})
        yield _drawn("Figure 3", f"{one['panel']}={one['label']}", one, by)


def _figure4(third: tuple[Row, ...]) -> Iterator[Row]:
    """A line starts at w = 1; further on w is known only where a point is one of Figure 3."""
    for one in _records("figure4"):
        d, r = (float(number) for number in re.findall(r"=([\d.]+)", one["curve"]))
        twin = next((row for row in third if _same(row, one) and row.by and (row.by.d, row.by.r) == (d, r)), None)
        by = twin.by if twin else Multipliers(d=d, r=r) if one["point_index"] == "0" else None
        why_not = "" if by else "the figure does not print w"
        yield _drawn("Figure 4", f"{one['curve'].replace(',', ' ')} point {one['point_index']}", one, by, why_not)


def _figure8(third: tuple[Row, ...]) -> Iterator[Row]:
    """A line starts at the baseline; further on a point has the multiplier of the point of Figure 3 that it is."""
    for one in _records("figure8"):
        label = f"{one['curve']} point {one['point_index']}"
        if one["clipped"] == "yes":
            yield _drawn("Figure 8", label, one, None, "not a point: where the line leaves the drawing")
        elif one["curve"] in DIMENSIONS:
            panel = DIMENSIONS[one["curve"]]
            twin = next((row for row in third if _same(row, one) and row.label.startswith(panel)), None)
            by = twin.by if twin else Multipliers() if one["point_index"] == "0" else None
            yield _drawn("Figure 8", label, one, by, "" if by else "the figure does not print the multiplier")
        else:
            yield _compound(label, one)


def _compound(label: str, one: Record) -> Row:
    """A point of Figure 8's compound line is the EfficientNet whose printed FLOPs it has."""
    table = read_printed_table("table2")
    same = table[[text != "" and float(text) == float(one["flops_B"]) for text in table["flops_B"]]]
    found = released()[released()["model"].isin(same["model"])].to_dict("records")
    if len(found) != 1:
        return _drawn("Figure 8", label, one, None, "no row of Table 2 has its FLOPs")
    known = found[0]
    by = Multipliers(known["depth_coeff"], known["width_coeff"], known["resolution"] / 224)
    return _drawn(
        "Figure 8", f"{label} ({known['model'].removeprefix('EfficientNet-')})", one, by, side=known["resolution"]
    )


def _drawn(
    table: str, label: str, one: Record, by: Multipliers | None, why_not: str = "", side: int | None = None
) -> Row:
    return Row(
        table=table,
        label=label,
        base="EfficientNet-B0",
        family=B0,
        source=one["source"],
        flops=Printed(one["flops_B"], drawn=True),
        top1=one["top1"],
        start=B0,
        by=by,
        side=side,
        why_not=why_not,
    )


def _same(row: Row, one: Record) -> bool:
    return row.flops is not None and (row.flops.value, float(row.top1)) == (
        Printed(one["flops_B"]).value,
        float(one["top1"]),
    )
