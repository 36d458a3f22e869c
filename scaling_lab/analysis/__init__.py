"""Statistics of a study: from its table of results to comparisons, curves and verdicts. Imports no torch."""
