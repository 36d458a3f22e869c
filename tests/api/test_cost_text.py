"""Costs of networks as text and as a record."""

from scaling_lab.api.cost import cost
from scaling_lab.api.cost_text import CONVENTION, cost_text
from scaling_lab.networks.costs.cost import cost_by_part


def test_table_has_every_part_and_the_total() -> None:
    spent = cost("resnet50")
    text = cost_text(spent, batch=64)
    lines = {line.split()[0]: line for line in text.splitlines() if line}
    for name, part in cost_by_part(spent.network):
        assert f"{part.flops:,}" in lines[name]
        assert f"{part.params:,}" in lines[name]
    assert "25,557,032" in lines["total"]
    assert lines["stem"].split()[1:3] == ["64", "56"]
    assert lines["stage4"].split()[1:6] == ["3", "2048", "(512", "inside)", "7"]
    assert CONVENTION in text


def test_inner_widths_are_in_the_record_where_there_are_any() -> None:
    assert cost("resnet50").to_dict()["inner"] == [64, 128, 256, 512]
    assert cost("mobilenet_v1").to_dict()["inner"] is None
