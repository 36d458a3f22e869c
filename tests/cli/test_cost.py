"""`scaling-lab cost`: known costs as text and JSON."""

import json

import pytest

import scaling_lab as lab
from scaling_lab.cli import main
from scaling_lab.config.registry import CONF, build_value, list_names, read_yaml
from scaling_lab.networks.costs.memory import peak_memory, training_step_bytes

B3 = {"flops": 1_827_141_392, "params": 12_233_232, "depths": [2, 3, 3, 5, 5, 6, 2], "resolution": 300, "head": 1536}


def test_cost_of_b3_as_one_object(capsys):
    assert main(["cost", "efficientnet_b0", "--depth", "1.4", "--width", "1.2", "--resolution", "300", "--json"]) == 0
    output = json.loads(capsys.readouterr().out)
    assert {name: output[name] for name in B3} == B3
    assert {
        "flops_fvcore",
        "activations",
        "widths",
        "stem",
        "inner",
        "total_stride",
        "rule",
        "rounding",
    } <= output.keys()
    assert output["rounding"] == "paper"


@pytest.mark.parametrize("side", [193, 224, 225, 299, 300, 301, 600])
def test_the_side_is_as_requested(capsys, side):
    main(["cost", "efficientnet_b0", "--resolution", str(side), "--json"])
    output = json.loads(capsys.readouterr().out)
    assert output["resolution"] == side
    assert output["depths"] == [1, 2, 2, 3, 3, 4, 1]


def test_cost_by_rule(capsys):
    assert main(["cost", "efficientnet_b0", "--rule", "compound", "--times-flops", "2", "--json"]) == 0
    output = json.loads(capsys.readouterr().out)
    assert output["flops"] == pytest.approx(2 * 385_814_752, rel=0.02)
    assert (output["rule"], output["rounding"], output["times_flops"]) == ("compound", "fitted", 2)
    assert output["d"] * output["w"] ** 2 * output["r"] ** 2 == pytest.approx(2)


@pytest.mark.parametrize("budgets", [["2"], ["2", "4"]])
def test_exact_budgets_of_a_side_are_named_with_a_rule(capsys, budgets):
    """resnet18_small has 20 px and a total stride of 4: (24 / 20)^2 = 1.44, (28 / 20)^2 = 1.96."""
    assert main(["cost", "resnet18_small", "--rule", "compound", "--times-flops", *budgets]) == 0
    output = capsys.readouterr().out
    assert "1.44x (24 px), 1.96x (28 px), 2.56x (32 px)" in output
    assert "8.41x" not in output
    main(["cost", "resnet18_small"])
    assert "1.44x" not in capsys.readouterr().out


def test_cost_by_rule_as_published(capsys):
    main(["cost", "efficientnet_b0", "--rule", "compound", "--times-flops", "2", "--rounding", "paper", "--json"])
    assert json.loads(capsys.readouterr().out)["times_flops_got"] == pytest.approx(2.62, abs=0.01)


def test_cost_as_table(capsys):
    assert main(["cost", "mobilenet_v1"]) == 0
    output = capsys.readouterr().out
    assert "568,740,352" in output
    assert "multiply-adds" in output


def test_memory_is_shown(capsys):
    network = build_value("family", read_yaml("family", "resnet50"))
    main(["cost", "resnet50", "--json"])
    output = json.loads(capsys.readouterr().out)
    assert (output["inference_bytes"], output["training_bytes"]) == peak_memory(network)
    main(["cost", "resnet50", "--batch", "32"])
    output = capsys.readouterr().out
    assert f"{peak_memory(network).training / 2**20:.1f} MiB in a training step" in output
    assert f"of 32 images with SGD: {training_step_bytes(network, 32) / 2**30:.2f} GiB" in output


def test_several_rules_at_the_flops_of_another_family(capsys):
    """The question of the README: one row a rule, and the reason where a rule has no network."""
    line = ["cost", "resnet50", "--rule", "all", "--flops-of", "efficientnet_b4"]
    assert main(line) == 0
    rows = {row.split()[0]: row for row in capsys.readouterr().out.splitlines() if row}
    assert "no network within 5% of 1.07449 times" in rows["resolution:"]
    assert "between 0.062 and 1" in rows["tinynet:"]
    assert main([*line, "--json"]) == 0
    records = {record["rule"]: record for record in json.loads(capsys.readouterr().out)}
    assert set(records) == {name for name in list_names("rule") if name != "multipliers"}
    for name in ("compound", "depth", "fast", "resnet_rs", "uniform", "width"):
        assert records[name]["flops"] == pytest.approx(
            4_393_771_024, rel=0.05 if name in ("depth", "resnet_rs") else 0.02
        )
        assert f"{records[name]['flops']:,}" in rows[name]
    assert "error" in records["resolution"]


@pytest.mark.parametrize(
    ("option", "value"),
    [("--flops", "771629504"), ("--flops", "771.629504M"), ("--flops", "0.771629504g"), ("--times-flops", "2")],
)
def test_a_budget_in_other_units(capsys, option, value):
    main(["cost", "efficientnet_b0", "--rule", "compound", option, value, "--json"])
    assert json.loads(capsys.readouterr().out)["times_flops"] == 2


def records(capsys, line):
    assert main([*line.split(), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_several_families_and_budgets_are_a_table(capsys):
    families = ["resnet18", "mobilenet_v2"]
    spent = records(capsys, "cost resnet18 mobilenet_v2 --side 64")
    assert [record["flops"] for record in spent] == [lab.cost(name, side=64).flops for name in families]
    assert {record["family"] for record in spent} == {"resnet18(side=64)", "mobilenet_v2(side=64)"}
    spent = records(capsys, "cost resnet18 mobilenet_v2 --rule depth width --times-flops 1 2 4")
    assert len(spent) == 2 * 2 * 3
    assert main(["cost", "resnet18", "mobilenet_v2", "--rule", "depth", "width", "--times-flops", "1", "2", "4"]) == 0
    text = capsys.readouterr().out
    assert all(f"{record['flops']:,}" in text for record in spent)


@pytest.mark.parametrize(
    "line",
    ["cost --rule depth width resnet18 --times-flops 2", "cost --rule depth width --times-flops 2 resnet18"],
)
def test_an_option_of_several_values_does_not_take_the_family(capsys, line):
    assert [record["rule"] for record in records(capsys, line)] == ["depth", "width"]


def test_constants_of_a_rule_go_to_the_rules_that_have_them(capsys):
    constants = {"alpha": 1.1, "beta": 1.15, "gamma": 1.2}
    line = "cost resnet18 --rule compound depth --times-flops 2 --alpha 1.1 --beta 1.15 --set gamma=1.2"
    compound, depth = records(capsys, line)
    expected = lab.fit("resnet18", "compound", times_flops=2, settings=constants)
    assert (compound["flops"], compound["rule"]) == (expected.flops, "compound(alpha=1.1, beta=1.15, gamma=1.2)")
    assert depth["rule"] == "depth"
    assert expected.requested.shares == pytest.approx([0.127, 0.374, 0.488], abs=0.012)


def test_obtained_shares_are_next_to_requested_ones(capsys):
    main(["cost", "resnet50", "--rule", "compound", "width", "--times-flops", "2"])
    rows = {row.split()[0]: row.split() for row in capsys.readouterr().out.splitlines() if row}
    requested, obtained = rows["compound"].index("28/29/43"), rows["compound"].index("31/32/37")
    assert obtained == requested + 1
    assert rows["width"][requested] == rows["width"][obtained] == "0/100/0"


def test_channels_of_the_input(capsys):
    grey, colour = records(capsys, "cost resnet18 --channels 1"), records(capsys, "cost resnet18")
    assert (grey["channels"], colour["channels"]) == (1, 3)
    assert colour["flops"] - grey["flops"] == 2 * 64 * 7 * 7 * 112 * 112
    main(["cost", "resnet18"])
    assert "3 input channels, 1,000 classes" in capsys.readouterr().out


def test_classes_of_the_classifier(capsys):
    ten, usual = records(capsys, "cost resnet18 --classes 10"), records(capsys, "cost resnet18")
    assert (ten["classes"], usual["classes"]) == (10, 1000)
    assert usual["flops"] - ten["flops"] == 512 * 990
    assert lab.fit("resnet18", "depth", flops_of="resnet34", classes=10).network.classes == 10
    assert main(["cost", "resnet18", "--classes", "0"]) == 2
    assert "--classes" in capsys.readouterr().err


def test_a_folder_of_families_and_rules(capsys, tmp_path):
    """Families and rules of a user's folder are settings of shipped factories."""
    for group, name, content in (
        ("family", "resnet8", "_target_: scaling_lab.networks.families.resnet.resnet_cifar\nlayers: 8\n"),
        (
            "rule",
            "half",
            "_target_: scaling_lab.networks.scaling.shares.Shares\ndepth: 0.5\nwidth: 0.5\nresolution: 0\n",
        ),
    ):
        (tmp_path / group).mkdir()
        (tmp_path / group / f"{name}.yaml").write_text(f"# One of mine, for a test\n{content}")
    spent = records(capsys, f"cost resnet8 --rule half --times-flops 2 --config-dir {tmp_path}")
    assert (spent["rule"], spent["d"], spent["r"]) == ("half", pytest.approx(2**0.5), 1)
    assert main(["ls", "families", "--config-dir", str(tmp_path)]) == 0
    assert "resnet8" in capsys.readouterr().out
    assert main(["cost", "resnet8"]) == 2


def test_a_folder_of_the_users_own(tmp_path, capsys):
    (tmp_path / "rule").mkdir()
    (tmp_path / "rule" / "mine.yaml").write_text((CONF / "rule" / "depth.yaml").read_text())
    words = ["cost", "resnet18", "--times-flops", "2", "--json", "--rule"]
    assert main([*words, "depth"]) == 0
    expected = json.loads(capsys.readouterr().out)
    assert main([*words, "mine", "--config-dir", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out) == expected | {"rule": "mine"}
    assert main(["ls", "rules", "--json", "--config-dir", str(tmp_path)]) == 0
    assert "mine" in {row["name"] for row in json.loads(capsys.readouterr().out)}
    assert main([*words, "mine"]) == 2
    assert main([*words, "mine", "--config-dir", str(tmp_path / "no")]) == 2
