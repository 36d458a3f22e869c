"""Families that are files: short names that tell them apart, and one code per name in a results folder."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from own_nets import VGG

from scaling_lab.api.compose import compose
from scaling_lab.errors import UserErrors
from scaling_lab.modules import trust
from scaling_lab.store.plan_schema import Plan
from scaling_lab.store.reading import read_plan_file
from scaling_lab.store.writing import encode_plan
from scaling_lab.study.assemble import make_sweep
from scaling_lab.study.family_sources import check_same_sources, edited_sources, find_recorded_family
from scaling_lab.study.other_plan import combine_plans

WIDER = VGG.replace("(1, 8)", "(1, 12)")


@pytest.fixture(autouse=True)
def nothing_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "_trusted", set())


def plan(paths: Sequence[Path], side: Sequence[int | None] = (None,)) -> Plan:
    settings = {"family.factory": "make_vgg", "trust": True, "name": "s", "do": "plan"}
    sized = [{"family.side": pixels} for pixels in side if pixels is not None] or [{}]
    configs = [
        config
        for path in paths
        for size in sized
        for config in compose(
            None, {"family": "module", "rule": "width", "times_flops": 1}, settings | size | {"family.path": str(path)}
        ).configs()
    ]
    return make_sweep(configs, ())[1].plan


def write(folder: Path, code: str = VGG) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "my_nets.py").write_text(code)
    return folder / "my_nets.py"


def names(plan: Plan) -> list[str]:
    return list(dict.fromkeys(entry.question.family for entry in plan.entries))


def test_a_file_is_named_by_its_function(tmp_path: Path) -> None:
    path = write(tmp_path / "a")
    made = plan([path], side=[16, 20])
    assert names(made) == ["my_nets.make_vgg(side=16)", "my_nets.make_vgg(side=20)"]
    assert names(plan([path])) == ["my_nets.make_vgg"]
    (tmp_path / "plan.json").write_bytes(encode_plan(made))
    assert read_plan_file(tmp_path / "plan.json") == made
    recorded = find_recorded_family(made.families, "my_nets.make_vgg(side=20)")
    assert recorded is not None
    assert (recorded["path"], recorded["side"]) == (str(path), 20)


def test_results_of_another_version_of_a_file_are_named_once(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a"), write(tmp_path / "b", WIDER)]
    before = plan(paths)
    finished = {entry.key for entry in before.entries}
    assert edited_sources(before, before, finished) is None
    write(tmp_path / "a", VGG.replace("(1, 8)", "(1, 16)"))
    after = plan(paths)
    old, new = ({source.name: source.digest[:8] for source in study_plan.families} for study_plan in (before, after))
    [lost], [added] = old.keys() - new.keys(), new.keys() - old.keys()
    warning = edited_sources(before, after, finished)
    assert warning is not None
    assert f"1 result of {lost} with version {old[lost]} of my_nets.py, which now is {new[added]}" in warning
    assert warning.count("version") == 1
    assert edited_sources(before, after, ()) is None
    alone = plan(paths[1:])  # another name, the same code
    assert edited_sources(before, alone, finished) is None


def test_other_code_of_one_name_has_its_digest(tmp_path: Path) -> None:
    made = plan([write(tmp_path / "a"), write(tmp_path / "b", WIDER), write(tmp_path / "c")])
    digests = [source.digest for source in made.families]
    assert names(made) == [f"my_nets.make_vgg(source={digest[:8]})" for digest in digests]
    assert len({entry.key for entry in made.entries}) == len(made.entries) == 2


def test_a_name_is_one_file_in_a_results_folder(tmp_path: Path) -> None:
    stored = plan([write(tmp_path / "a")])
    check_same_sources(stored, stored)
    moved = plan([write(tmp_path / "copy")])
    check_same_sources(stored, moved)
    with pytest.raises(UserErrors, match=r"family my_nets\.make_vgg is \S*/b/my_nets\.py, and \S*/a/my_nets\.py"):
        check_same_sources(stored, plan([write(tmp_path / "b", WIDER)]))
    edited = plan([write(tmp_path / "a", WIDER)])
    check_same_sources(stored, edited)
    entries = tuple(replace(e, question=replace(e.question, seed=9)) for e in edited.entries)
    both = combine_plans(stored, replace(edited, entries=entries), "extend")
    assert both.families == edited.families
