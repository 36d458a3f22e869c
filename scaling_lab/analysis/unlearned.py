"""Points whose network did not learn: their test accuracy is not above chance, and no analysis uses them."""

import pandas as pd

REASON = "their test accuracy is not above chance: the networks did not learn"


def find_unlearned(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Return which rows have a result that did not learn; one of which that is not known has learned."""
    if "learned" not in rows:
        return pd.Series(False, index=rows.index)
    return rows["learned"].map(lambda learned: pd.notna(learned) and not learned).astype(bool)
