"""Points whose network did not learn: their test accuracy is not above chance.

No analysis uses them, unless `with_unlearned` is applied to the table. `scaling_lab.analysis.unlearned.kinds` finds the
networks that did not learn for other reasons.
"""

import pandas as pd

REASON = "their test accuracy is not above chance: the networks did not learn"


def find_unlearned(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Return which rows have a result at chance; older results, which do not say, count as learned."""
    if "learned" not in rows:
        return pd.Series(False, index=rows.index)
    return rows["learned"].map(lambda learned: pd.notna(learned) and not learned).astype(bool)


def with_unlearned(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which results at chance count like any others."""
    return rows.drop(columns="learned", errors="ignore")
