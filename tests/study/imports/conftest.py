"""Imports of tables."""

from pathlib import Path

import pandas as pd
import pytest

from scaling_lab.study.imports.make import ImportOptions, import_results
from scaling_lab.study.imports.units import Units


@pytest.fixture
def imported(tmp_path):
    """Import a table and return the folder."""

    def run(table: pd.DataFrame, units: Units = Units(), name: str = "mine", **options) -> Path:  # noqa: B008
        table.to_csv(tmp_path / "runs.csv", index=False)
        columns = options.pop("columns", {})
        import_results([tmp_path / "runs.csv"], tmp_path / name, ImportOptions(columns, units, **options))
        return tmp_path / name

    return run
