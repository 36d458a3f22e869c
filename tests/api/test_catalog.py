"""What `lab.families()` and the others list."""

import json

import pytest

import scaling_lab as lab
from scaling_lab.api.catalog import KIND_GROUPS, budget_rules, catalog_rows, describe_choice
from scaling_lab.cli import main
from scaling_lab.config.registry import list_names


@pytest.mark.parametrize(("kind", "group"), KIND_GROUPS.items())
def test_every_name_is_listed_with_a_description(kind: str, group: str) -> None:
    table = getattr(lab, kind)()
    assert list(table.index) == list_names(group)
    assert (table["description"].str.len() > 10).all()
    assert not table["description"].str.contains("@package").any()


def test_sizes_of_families() -> None:
    table = lab.families()
    for name in ("resnet50", "mobilenet_v2"):
        spent = lab.cost(name)
        assert table.loc[name, ["flops", "params", "side"]].tolist() == [spent.flops, spent.params, spent.resolution]


def test_rules_that_take_a_budget() -> None:
    assert budget_rules() == [name for name in list_names("rule") if name != "multipliers"]


def test_a_description_is_the_first_sentence() -> None:
    assert describe_choice("family", "efficientnet_b0").startswith("EfficientNet-B0 at 224 px")
    assert "Tan" not in describe_choice("family", "efficientnet_b0")


@pytest.mark.parametrize("kind", KIND_GROUPS)
def test_ls_prints_the_same(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ls", kind, "--json"]) == 0
    rows = catalog_rows(kind)
    assert json.loads(capsys.readouterr().out) == rows
    assert main(["ls", kind]) == 0
    text = capsys.readouterr().out
    assert all(row["name"] in text for row in rows)
    if kind == "families":
        assert "385,814,752" in text
        assert "multiply-adds" in text


def test_ls_alone_prints_all_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ls"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(KIND_GROUPS)
    assert main(["ls", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rules"] == list_names("rule")
