"""Decoding returns what was written, or an error that names the field."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from scaling_lab.store.decode import decode
from scaling_lab.store.plan_schema import Plan, Question
from scaling_lab.store.runs import Run
from scaling_lab.store.schema import Result


def test_records_are_decoded_equal(quick: Any) -> None:
    assert decode(Plan, json.loads(json.dumps(asdict(quick.plan)))) == quick.plan
    result = next(iter(quick.results.values()))
    assert decode(Result, json.loads(json.dumps(asdict(result)))) == result


QUESTION = asdict(Question("a", "b", "paper", None, 1.0, 2, 1.5, "c", "d", 0))
RUN = {"started": "now", "seconds": 1.5, "workers": 2, "points": 3}


@pytest.mark.parametrize(
    ("kind", "raw", "change", "match"),
    [
        (Question, QUESTION, {"seed": "0"}, r"Question\.seed.*'0'.*int"),
        (Question, QUESTION, {"seed": True}, r"Question\.seed.*'True'"),
        (Question, QUESTION, {"family": None}, r"Question\.family.*'None'.*str"),
        (Question, QUESTION, {"w": "2"}, r"Question\.w.*'2'.*float"),
        (Question, QUESTION, {"other": 1}, "Question.*unknown.*other"),
        (Question, QUESTION, {"r": None}, "times_flops.*d, w and r"),
        (Run, RUN, {"seconds": float("nan")}, r"Run\.seconds.*'nan'"),
    ],
)
def test_wrong_types_are_errors_that_name_the_field(
    kind: type, raw: dict[str, Any], change: dict[str, Any], match: str
) -> None:
    decode(kind, raw)
    with pytest.raises(ValueError, match=match):
        decode(kind, raw | change)


@pytest.mark.parametrize("raw", [5, None, [], {}, {"study": 5, "asked": [], "entries": []}])
def test_wrong_shapes_are_errors(raw: Any) -> None:
    with pytest.raises(ValueError, match="Plan"):
        decode(Plan, raw)


def test_values_out_of_range_are_errors(quick: Any) -> None:
    plan = json.loads(json.dumps(asdict(quick.plan)))
    plan["entries"][0]["d_got"] = 0
    with pytest.raises(ValueError, match=r"d_got is 0.* above 0"):
        decode(Plan, plan)
    result = json.loads(json.dumps(asdict(next(iter(quick.results.values())))))
    for field, wrong in (("train_loss", []), ("test_accuracy", None), ("test_accuracy", 1.5), ("point", 5)):
        with pytest.raises(ValueError, match=field):
            decode(Result, result | {field: wrong})
