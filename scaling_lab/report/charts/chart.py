"""The interface of an interactive chart, and the parts of Vega-Lite specifications that charts share."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scaling_lab.report.charts.dataset import Dataset
from scaling_lab.report.charts.network_rows import PANEL_BREAK
from scaling_lab.report.figures.style import BASELINE, rule_styles

Spec = dict[str, Any]
SHAPES = {
    "o": "circle",
    "s": "square",
    "^": "triangle-up",
    "D": "diamond",
    "v": "triangle-down",
    "P": "cross",
    "<": "triangle-left",
    ">": "triangle-right",
    "p": "M0,-1L.95,-.31L.59,.81L-.59,.81L-.95,-.31Z",
    "h": "M0,-1L.87,-.5L.87,.5L0,1L-.87,.5L-.87,-.5Z",
    "X": "M-.9,-.54L-.54,-.9L0,-.36L.54,-.9L.9,-.54L.36,0L.9,.54L.54,.9L0,.36L-.54,.9L-.9,.54L-.36,0Z",
    "*": "M0,-1L.25,-.34L.95,-.31L.4,.13L.59,.81L0,.42L-.59,.81L-.4,.13L-.95,-.31L-.25,-.34Z",
}
"""Vega's shape, or an SVG path from -1 to 1, of each marker of matplotlib in the styles."""
LABEL_BREAK = "\n"
"""Where the labels of an axis are broken into lines."""


@dataclass(frozen=True)
class Choice:
    """A switch above a chart, which changes the field and the title of an axis.

    Attributes:
        label: What is chosen.
        axis: x or y.
        options: Field and title of the axis, by the text of the option; the first is shown at first.
        ranges: Fields of the two ends of the band of each option, empty for none; no ends for a chart without bands.
    """

    label: str
    axis: str
    options: Mapping[str, tuple[str, str]]
    ranges: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Chart:
    """An interactive chart.

    Attributes:
        name: Identifier in the page; also the name of the static figure that stands for it without JavaScript.
        title: Heading.
        alt: What is seen, in words.
        caption: Units, source and spread.
        spec: Specification in Vega-Lite without size; the page's script adds size, theme and data.
        choices: Switches of axes.
        has_log: Whether the x axis can be logarithmic or linear.
        panels: Names of the panels side by side or below each other; none for a chart of one view.
        labels: Labels on an axis of names.
        selects: Whether dragging selects points, which the table of points then shows alone.
    """

    name: str
    title: str
    alt: str
    caption: str
    spec: Spec
    choices: Sequence[Choice] = ()
    has_log: bool = False
    panels: Sequence[str] = ()
    labels: Sequence[str] = ()
    selects: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return what the page's script needs."""
        choices = [
            {"axis": choice.axis, "options": list(choice.options.values()), "ranges": choice.ranges}
            for choice in self.choices
        ]
        numbers = {"panels": len(self.panels), "longest": _longest(self.labels, LABEL_BREAK)}
        numbers["longest_panel"] = _longest(self.panels, PANEL_BREAK)
        return {"spec": self.spec, "choices": choices, "selects": self.selects} | numbers


def _longest(labels: Sequence[str], line_break: str) -> int:
    """Return the characters of the longest line of labels."""
    return max((len(line) for label in labels for line in label.split(line_break)), default=0)


def split_lines(line_break: str) -> str:
    """Return the expression of Vega that breaks a label into lines."""
    return f"split(datum.label, {json.dumps(line_break)})"


def color_scale(rules: Sequence[str], with_baseline: bool = True) -> tuple[Spec, Spec]:
    """Return the scales of colour and shape: those of the static figures, the baseline first."""
    styles = [*([BASELINE] if with_baseline else []), *rule_styles(rules).values()]
    names = [style.name for style in styles]
    return (
        {"domain": names, "range": [style.color for style in styles]},
        {"domain": names, "range": [SHAPES[style.marker] for style in styles]},
    )


def panel_facet(rows: Dataset) -> Spec:
    """Return the facet with one panel for each value of the column `panel`, in the order of the rows."""
    header = {"labelFontWeight": 600, "labelFontSize": 13, "labelLimit": 300, "labelAnchor": "start"}
    header |= {"labelExpr": split_lines(PANEL_BREAK)}
    return {
        "field": rows["panel"],
        "type": "nominal",
        "title": None,
        "sort": rows.values("panel"),
        "header": header,
    }


def resolve_axes(shares_scales: bool) -> Spec:
    """Return the `resolve` of a faceted chart: panels share their scales or not, and each draws its axes."""
    scale = "shared" if shares_scales else "independent"
    return {"scale": {"x": scale, "y": scale}, "axis": {"x": "independent", "y": "independent"}}


def is_in(parameter: str, field_name: str) -> str:
    """Return the condition that a field has one of the values that the page's filters leave."""
    return f"!isArray({parameter}) || indexof({parameter}, datum.{field_name}) >= 0"


def tooltip(*fields: tuple[str, str, str | None]) -> list[Spec]:
    """Return the entries of a tooltip from fields, titles and formats (None for text)."""
    return [
        {"field": name, "title": title, "type": "quantitative", "format": form}
        if form
        else {"field": name, "title": title, "type": "nominal"}
        for name, title, form in fields
    ]
