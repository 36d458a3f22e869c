"""Several results folders: what counts once, what is another setting, and mistakes."""

import shutil

import pytest

from scaling_lab.analysis.pooling.pool import pool_evidence
from scaling_lab.analysis.pooling.studies import read_studies
from scaling_lab.errors import UserError

FAMILIES = ["resnet_small", "mobilenet_v1_small", "efficientnet_b0_small"]


def read(*paths, **options):
    return read_studies(paths, **options)


def numbers(budgets):
    return [
        (pair.first, pair.second, pair.effect.value, pair.effect.tau, pair.p, len(pair.differences))
        for budget in budgets
        for pair in budget.pairs
    ]


@pytest.fixture(scope="module")
def complete(make_study, tmp_path_factory):
    """Three families, six seeds."""
    return make_study(FAMILIES, seeds=range(6)).written(tmp_path_factory.mktemp("whole") / "whole")


@pytest.fixture(scope="module")
def expected(complete):
    return numbers(read(complete).budgets)


def test_one_study_is_pooled_over_its_families(complete, expected):
    (study,) = read(complete).evidence_by_study.values()
    assert numbers(pool_evidence(study)) == expected
    assert {count for *_, count in expected} == {3}


def test_families_of_two_folders_are_settings_like_those_of_one(make_study, tmp_path, expected):
    a = make_study(FAMILIES[:1], seeds=range(6)).written(tmp_path / "a")
    b = make_study(FAMILIES[1:], seeds=range(6)).written(tmp_path / "b")
    studies = read(a, b)
    assert numbers(studies.budgets) == [pytest.approx(row) for row in expected]
    assert studies.notes == []


def test_results_in_two_folders_count_once(complete, tmp_path, expected):
    copy = shutil.copytree(complete, tmp_path / "copy")
    studies = read(complete, copy)
    assert numbers(studies.budgets) == expected
    assert len(studies.notes) == 3
    assert all("30 results counted once, 0 added" in note for note in studies.notes)


def test_further_seeds_in_another_folder_are_no_further_setting(make_study, tmp_path, expected):
    first = make_study(FAMILIES, seeds=range(4)).written(tmp_path / "first")
    more = make_study(FAMILIES, seeds=range(3, 6)).written(tmp_path / "more")
    studies = read(first, more)
    assert numbers(studies.budgets) == [pytest.approx(row) for row in expected]
    assert all("5 results counted once, 10 added" in note for note in studies.notes)


def test_another_baseline_of_the_same_name_is_another_setting(make_study, tmp_path, monkeypatch):
    a = make_study(FAMILIES[:1], seeds=range(3)).written(tmp_path / "a")
    monkeypatch.setitem(make_study.__globals__["BASELINES"], "resnet_small", (50_000_000, 400_000))
    b = make_study(FAMILIES[:1], seeds=range(3, 6)).written(tmp_path / "b")
    studies = read(a, b)
    (note,) = studies.notes
    assert "38.1 million" in note
    assert "50 million" in note
    families = {setting.family for budget in studies.budgets for setting in budget.settings}
    assert families == {"resnet_small", "resnet_small (b)"}
    assert {count for *_, count in numbers(studies.budgets)} == {2}


def test_a_third_folder_is_compared_with_each_earlier_one(make_study, tmp_path, monkeypatch):
    a = make_study(FAMILIES[:1], seeds=range(3)).written(tmp_path / "a")
    monkeypatch.setitem(make_study.__globals__["BASELINES"], "resnet_small", (50_000_000, 400_000))
    b, c = (
        make_study(FAMILIES[:1], seeds=seeds).written(tmp_path / name)
        for name, seeds in (("b", range(3)), ("c", range(2, 6)))
    )
    studies = read(a, b, c)
    assert len(studies.notes) == 2
    assert "5 results counted once, 15 added" in studies.notes[1]
    assert {setting.family for setting in studies.budgets[0].settings} == {"resnet_small", "resnet_small (b)"}


def test_points_trained_in_another_way_are_another_setting(make_study, tmp_path, monkeypatch):
    a = make_study(FAMILIES[:1], seeds=range(3)).written(tmp_path / "a")
    make = make_study.__globals__["point_form"]
    monkeypatch.setitem(make_study.__globals__, "point_form", lambda *parts: make(*parts) | {"recipe": "other"})
    b = make_study(FAMILIES[:1], seeds=range(3)).written(tmp_path / "b")
    studies = read(a, b)
    assert "keys" in studies.notes[0]
    assert {count for *_, count in numbers(studies.budgets)} == {2}


def test_contrasts_count_for_all_studies_even_if_one_lacks_a_rule(make_study, tmp_path):
    a = make_study(FAMILIES[:2], seeds=range(3)).written(tmp_path / "a")
    b = make_study(FAMILIES[2:], ["depth", "width"], seeds=range(3)).written(tmp_path / "b")
    (budget,) = read(a, b, contrasts="compound-depth,depth-width").budgets
    tested = {frozenset((pair.first, pair.second)): len(pair.differences) for pair in budget.pairs if pair.is_planned}
    assert tested == {frozenset(("compound", "depth")): 2, frozenset(("depth", "width")): 3}
    with pytest.raises(UserError, match="did you mean compound"):
        read(a, b, contrasts="compund-depth")


def test_mistakes_are_named(complete, make_study, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(complete)
    with pytest.raises(UserError, match=r"given twice"):
        read(complete, link)
    with pytest.raises(UserError, match="nowhere"):
        read(complete, tmp_path / "nowhere")
    empty = make_study(FAMILIES[:1], seeds=[0])
    empty.results.clear()
    folder = empty.written(tmp_path / "empty")
    with pytest.raises(UserError, match="no results in"):
        read(folder)
    assert "empty has no finished result." in read(complete, folder).notes


def test_columns_that_are_whole_in_one_study_alone_are_matched_without_a_warning(make_study, tmp_path, recwarn):
    a = make_study(FAMILIES[:1], ["depth"], seeds=range(3)).written(tmp_path / "a")
    b = make_study(FAMILIES[:1], ["depth", "compound"], times=(1, 1.5), seeds=range(3)).written(tmp_path / "b")
    studies = read(a, b)
    (first,) = studies.evidence_by_study.values()
    assert len(first.settings) == 1
    assert [str(warning.message) for warning in recwarn] == []
