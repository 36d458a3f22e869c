"""Seeds and verdicts at each look: counted from the results that were finished then."""

import pytest
from matplotlib.patches import Rectangle

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.report.figures.looks import VERDICTS, LooksOverTime


@pytest.fixture(scope="module")
def table(make_study):
    def accuracy(entry):
        return 0.8 + 0.05 * (entry.question.rule == "width" and entry.times_flops_got > 1) + 0.002 * entry.question.seed

    return make_study(["resnet_small"], ["depth", "width"], seeds=range(5), accuracy=accuracy).table()


def look(table, seeds):
    return Look(frozenset(table.loc[table["seed"] < seeds, "key"]))


def test_bars_count_the_verdicts_of_each_look(table):
    looks = (look(table, 2), look(table, 3))
    figure = LooksOverTime(looks=looks)
    assert figure.is_shown(table)
    seeds, verdicts = figure.draw(table).axes
    assert [list(line.get_ydata()) for line in seeds.get_lines()] == [[2, 3, 5], [2, 3, 5]]
    heights = [bar.get_height() for bar in verdicts.patches if isinstance(bar, Rectangle)]
    by_verdict = dict(zip(VERDICTS, (heights[:3], heights[3:6], heights[6:]), strict=True))
    assert by_verdict["alike"] == [0, 0, 0]
    for place, count in enumerate((2, 3, 5)):
        rows = table[table["seed"] < count]
        pairs = [
            pair for comparison in compare_rules(collect_evidence(rows, looks[:place])) for pair in comparison.pairs
        ]
        assert by_verdict["apart"][place] == sum(pair.is_significant for pair in pairs)
        assert by_verdict["open"][place] == sum(not pair.is_significant for pair in pairs)
    assert by_verdict["apart"][0] == 0
    assert by_verdict["apart"][2] == 1


def test_looks_at_the_same_results_are_one(table):
    assert not LooksOverTime().is_shown(table)
    everything = look(table, 5)
    assert not LooksOverTime(looks=(everything, everything)).is_shown(table)
