"""Verdicts over several settings: families, data sets, recipes and studies. Start with `pool.py`."""
