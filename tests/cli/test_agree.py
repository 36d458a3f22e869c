"""`agree` and the lengths of `compare`: several folders, options that are checked, what they print and write."""

from dataclasses import replace

import pandas as pd
import pytest

import scaling_lab as lab
from scaling_lab.analysis.gains import compare_with_baseline
from scaling_lab.analysis.study_comparison import read_study_comparison
from scaling_lab.cli import main
from scaling_lab.report.answers import build_answers
from scaling_lab.store.keys import form_key
from scaling_lab.store.schema import Result


def lengthened(study, epochs):
    """Return the study after another number of epochs."""
    entries, results = [], {}
    for entry in study.plan.entries:
        old = study.results[entry.key]
        form = {**old.point, "epochs": epochs}
        key = form_key(form)
        question = replace(entry.question, recipe=f"quick(epochs={epochs})")
        entries.append(replace(entry, question=question, key=key))
        results[key] = replace(old, key=key, point=form, train_loss=(1.0,) * epochs)
    return replace(study, plan=replace(study.plan, entries=tuple(entries)), results=results)


@pytest.fixture(scope="module")
def study(make_study):
    return make_study(["resnet_small"], times=(1, 2, 4), seeds=range(3))


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    return study.written(tmp_path_factory.mktemp("agree") / "first")


@pytest.fixture(scope="module")
def two_lengths(study, tmp_path_factory):
    longer = lengthened(study, 6)
    plan = replace(study.plan, entries=(*study.plan.entries, *longer.plan.entries))
    both = replace(study, plan=plan, results=study.results | longer.results)
    return both.written(tmp_path_factory.mktemp("lengths") / "second")


def printed(capsys):
    return " ".join(capsys.readouterr().out.split())


def test_budgets_of_a_study_are_compared_and_written(folder, capsys, tmp_path):
    to = tmp_path / "agreement.csv"
    assert main(["agree", str(folder), "--to", str(to), "--details"]) == 0
    text = printed(capsys)
    assert "2\N{MULTIPLICATION SIGN} and 4\N{MULTIPLICATION SIGN}: resnet_small, fashion_mnist" in text
    assert "other budget" in text
    rows = pd.read_csv(to)
    assert list(rows["subset"]) == ["all", "told apart at first", "told apart at second", "told apart at both"]
    assert rows.loc[0, "pairs"] == 6
    assert f"{rows.loc[0, 'same']} of 6" in text
    table = lab.agreement(folder)
    assert table["same"].tolist() == rows["same"].tolist()
    assert table.attrs["notes"] == []


def test_headlines_of_the_page_name_what_differs(two_lengths):
    study = read_study_comparison(two_lengths)
    answers = build_answers(study, compare_with_baseline(study.evidence.at_recipe_lr(), study.options))
    titles = [title for title, _ in answers["headlines"]] + [gains["place"] for gains in answers["gains"]]
    assert len(set(titles)) == len(titles) == 2 * (2 + 2)  # lengths, budgets
    assert sum(title.endswith(", quick(epochs=6)") for title in titles) == 4


def test_two_folders_and_lengths(folder, two_lengths, capsys):
    """Points that both folders have are one place, so that no study is taken for its own repetition."""
    table = lab.agreement([folder, two_lengths]).query("subset == 'all'")
    assert sorted(table["axis"]) == ["budget", "budget", "length", "length"]
    lengths = table.query("axis == 'length'")
    assert list(zip(lengths["epochs_first"], lengths["epochs_second"], strict=True)) == [(3, 6), (3, 6)]
    both = lab.agreement(two_lengths, across="length,budget").query("subset == 'all'")
    assert set(both["axis"]) == {"budget", "length", "budget+length"}
    assert main(["agree", str(folder), str(two_lengths), "--across", "length"]) == 0
    assert "3 epochs and 6 epochs" in printed(capsys)


def test_compare_prints_lengths_and_the_table_has_them(two_lengths, folder, capsys):
    assert main(["compare", str(two_lengths)]) == 0
    text = printed(capsys)
    assert "after 3 and 6 epochs" in text
    assert "No difference changes significantly" in text
    assert text.count("Holm's correction for 6 pairs") == 1  # not once per budget and length; nothing is pooled
    assert text.count("Holm's correction for 4 rules") == 1
    table = lab.lengths(two_lengths)
    assert len(table) == 2 * 6 * 2  # budgets, pairs, lengths
    assert (table["change"].dropna() == 0).all()
    assert lab.lengths(folder).empty


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--across", "buget"], "did you mean budget?"),
        (["--across", ""], "--across is empty"),
        (["--acros"], "--acros"),
    ],
)
def test_options_are_checked(folder, options, message, capsys):
    assert main(["agree", str(folder), *options]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_given_twice_is_refused(folder, capsys):
    assert main(["agree", str(folder), str(folder)]) == 2
    assert "twice" in capsys.readouterr().err
    with pytest.raises(lab.UserError, match="across"):
        lab.agreement(folder, across="nothing")
    with pytest.raises(lab.UserError, match="across"):
        lab.agreement(folder, across=["budget"])


def test_nothing_to_compare(make_study, tmp_path, capsys):
    folder = make_study(["resnet_small"], seeds=range(3)).written(tmp_path / "one")
    assert main(["agree", str(folder)]) == 0
    assert "--across" in printed(capsys)
    assert lab.agreement(folder).empty


def test_results_know_their_epochs_and_data(study):
    result = next(iter(study.results.values()))
    assert result.dataset_fingerprint is None
    known = replace(result, point={**result.point, "data": {"is": "DataRef", "fingerprint": "abc"}})
    assert isinstance(known, Result)
    assert known.dataset_fingerprint == "abc"
    assert set(study.table()["epochs"]) == {3}
