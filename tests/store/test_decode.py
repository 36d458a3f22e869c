"""What is read back is what was written, or refused by field."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from scaling_lab.store.decode import decode
from scaling_lab.store.schema import Plan, Question, Result, Run


def test_records_come_back_equal(quick: Any) -> None:
    assert decode(Plan, json.loads(json.dumps(asdict(quick.plan)))) == quick.plan
    result = next(iter(quick.results.values()))
    assert decode(Result, json.loads(json.dumps(asdict(result)))) == result


QUESTION = asdict(Question("a", "b", "paper", None, 1.0, 2, 1.5, "c", "d", 0))
RUN = {"started": "now", "seconds": 1.5, "workers": 2, "points": 3}


@pytest.mark.parametrize(
    ("kind", "raw", "change", "said"),
    [
        (Question, QUESTION, {"seed": "0"}, "Question.seed is '0'; it must be a int"),
        (Question, QUESTION, {"seed": True}, "Question.seed is 'True'"),
        (Question, QUESTION, {"family": None}, "Question.family is 'None'; it must be a str"),
        (Question, QUESTION, {"w": "2"}, "Question.w is '2'; it must be a float"),
        (Question, QUESTION, {"other": 1}, "has unknown"),
        (Question, QUESTION, {"r": None}, "d, w and r are not all there, and neither is times_flops"),
        (Run, RUN, {"seconds": float("nan")}, "Run.seconds is 'nan'"),
    ],
)
def test_other_types_are_refused_by_field(kind: type, raw: dict[str, Any], change: dict[str, Any], said: str) -> None:
    decode(kind, raw)
    with pytest.raises(ValueError, match=said):
        decode(kind, raw | change)


@pytest.mark.parametrize("raw", [5, None, [], {}, {"study": 5, "asked": [], "entries": []}])
def test_other_shapes_are_refused(raw: Any) -> None:
    with pytest.raises(ValueError, match="Plan"):
        decode(Plan, raw)


def test_values_out_of_range_are_refused(quick: Any) -> None:
    plan = json.loads(json.dumps(asdict(quick.plan)))
    plan["entries"][0]["d_got"] = 0
    with pytest.raises(ValueError, match="d_got is 0; it must be above 0"):
        decode(Plan, plan)
    result = json.loads(json.dumps(asdict(next(iter(quick.results.values())))))
    for field, wrong in (("train_loss", []), ("test_accuracy", None), ("test_accuracy", 1.5), ("point", 5)):
        with pytest.raises(ValueError, match=field):
            decode(Result, result | {field: wrong})
