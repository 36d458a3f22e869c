"""What opens under the row of a point."""

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.report.point_rows import make_point_rows
from scaling_lab.study.point_command import point_command


def test_a_baseline_is_that_of_every_rule_and_its_command_names_the_first(make_study, tmp_path):
    study = make_study(["resnet_small"], rules=["width", "depth"], times=(1, 2), seeds=[0])
    folder = read_results_folder(study.written(tmp_path / "results"))
    for command in (point_command, None):
        points = make_point_rows(folder, command)
        key = next(row["key"] for row in points.rows if row["budget"].startswith("1"))
        rule = dict(points.details[key]["configuration"])["rule"]
        assert rule.startswith("baseline")
        assert ("names width" in rule) == (command is not None)
        assert ("rule=width" in points.details[key]["command"]) == (command is not None)
        assert {dict(detail["configuration"])["rule"] for detail in points.details.values()} >= {"width", "depth"}
