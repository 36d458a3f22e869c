"""Learning curves, obtained multipliers, and accuracy over other costs: what is drawn against the table."""

from dataclasses import replace

import numpy as np
import pytest

from scaling_lab.report.figures import load_figures
from scaling_lab.report.figures.style import BASELINE, RULES
from scaling_lab.store.results import Store
from scaling_lab.store.schema import EpochRecord


@pytest.fixture(scope="module")
def study(make_study):
    """One family, two rules, two seeds, with a record of each epoch."""

    def recorded(result, place):
        epochs = tuple(
            EpochRecord(at, 10 * at, 0.1, 1.0, 1.0, held_out_accuracy=0.5 + 0.1 * at + 0.01 * place, seconds=at)
            for at in (1, 2, 3)
        )
        return replace(
            result, epochs=epochs, train_loss=(1.5 + 0.1 * place, 1.0, 0.7), latency_seconds=1e-3 * (place + 1)
        )

    plain_study = make_study(["resnet_small"], ["depth", "width"], seeds=(0, 1))
    return replace(
        plain_study, results={key: recorded(result, at) for at, (key, result) in enumerate(plain_study.results.items())}
    )


@pytest.fixture(scope="module")
def store(study, tmp_path_factory):
    return Store(study.written(tmp_path_factory.mktemp("results") / "mine"))


def lines_of(ax, color):
    return [line for line in ax.get_lines() if line.get_color() == color and len(line.get_xdata()) > 1]


def test_learning_curves_are_means_over_seeds_with_their_range(study, store):
    figure, table = load_figures(store=store)["learning_curves"], study.table()
    assert figure.is_shown(table)
    assert not load_figures()["learning_curves"].is_shown(table)
    loss, accuracy = figure.draw(table).axes
    for rule in ("depth", "width"):
        keys = table[(table["rule"] == rule) & (table["times_flops"] == 2)]["key"]
        results = [study.results[key] for key in keys]
        (line,) = lines_of(loss, RULES[rule].color)
        assert list(line.get_xdata()) == [1, 2, 3]
        assert list(line.get_ydata()) == pytest.approx(np.mean([result.train_loss for result in results], axis=0))
        (line,) = lines_of(accuracy, RULES[rule].color)
        recorded = [[100 * epoch.held_out_accuracy for epoch in result.epochs] for result in results]
        assert list(line.get_ydata()) == pytest.approx(np.mean(recorded, axis=0))
        lows = [band.get_paths()[0].vertices[:, 1].min() for band in accuracy.collections]
        assert any(low == pytest.approx(min(map(min, recorded))) for low in lows)
    assert len(lines_of(loss, BASELINE.color)) == 1


def test_obtained_multipliers_are_those_of_the_table(study):
    table = study.table()
    figure = load_figures()["obtained_multipliers"].draw(table)
    for ax, letter in zip(figure.axes, "dwr", strict=True):
        for rule in ("depth", "width"):
            own = table[(table["rule"] == rule) & (table["times_flops"] == 2)].iloc[0]
            (marks,) = [line for line in ax.get_lines() if line.get_color() == RULES[rule].color]
            assert (marks.get_xdata()[0], marks.get_ydata()[0]) == pytest.approx((own[letter], own[f"{letter}_got"]))
        assert ax.get_xlim() == ax.get_ylim()


def test_costs_without_a_value_have_no_panel_and_are_not_in_the_caption(study):
    figure, table = load_figures()["accuracy_costs"], study.table()
    for column, word in [(None, ""), ("latency_seconds", "latenc"), ("activations", "activations")]:
        lacking = table.assign(**{column: None}) if column else table
        assert len(figure.draw(lacking).axes) == (2 if column else 3)
        assert (word in figure.caption(lacking).lower()) == (column is None)


def test_latencies_are_medians_over_seeds_in_milliseconds(study):
    table = study.table()
    ax = load_figures()["accuracy_costs"].draw(table).axes[2]
    assert "(ms)" in ax.get_xlabel()
    own = table[table["rule"] == "width"].groupby("times_flops")
    (line,) = lines_of(ax, RULES["width"].color)
    assert list(line.get_xdata()) == pytest.approx(list(own["latency_seconds"].median()))
    assert list(line.get_ydata()) == pytest.approx(list(100 * own["test_accuracy"].mean()))
