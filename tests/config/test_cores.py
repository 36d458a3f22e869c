import os
from pathlib import Path

import pytest

from scaling_lab.config.cores import usable_cores


@pytest.mark.parametrize(
    ("text", "cores"), [("max 100000", None), ("150000 100000", 2), ("10000 100000", 1), ("", None)]
)
def test_a_quota_counts_in_whole_cores(text: str, cores: int | None, tmp_path: Path) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text(text)
    all_cores = len(os.sched_getaffinity(0))
    assert usable_cores(quota) == (all_cores if cores is None else min(cores, all_cores))


def test_no_quota_is_all_cores(tmp_path: Path) -> None:
    assert usable_cores(tmp_path / "none") == len(os.sched_getaffinity(0))
