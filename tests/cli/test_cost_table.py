"""The cost of a network, for a reader."""

from scaling_lab.cli.cost_table import CONVENTION, Asked, as_json, as_text
from scaling_lab.networks.costs.cost import by_part
from scaling_lab.networks.families.resnet import resnet50
from scaling_lab.networks.scaling.fit import fit
from scaling_lab.networks.scaling.multipliers import Multipliers

ASKED = Asked("resnet50", None, "paper", None, 1.0, 1.0, 1.0)


def test_table_has_every_part_and_the_total():
    found = fit(resnet50(), Multipliers(), None)
    said = as_text(ASKED, found, batch=64)
    lines = {line.split()[0]: line for line in said.splitlines() if line}
    for name, part in by_part(found.network):
        assert f"{part.flops:,}" in lines[name]
        assert f"{part.params:,}" in lines[name]
    assert "4,089,184,256" in lines["total"]
    assert "25,557,032" in lines["total"]
    assert lines["stem"].split()[1:3] == ["64", "56"]
    assert lines["stage4"].split()[1:6] == ["3", "2048", "(512", "inside)", "7"]
    assert CONVENTION in said


def test_inner_widths_are_in_the_object_where_there_are_any():
    assert as_json(ASKED, fit(resnet50(), Multipliers(), None))["inner"] == [64, 128, 256, 512]
