"""The tables of `benchmarks/coverage.py`, one module per table.

A section is a module of this package with

- `TITLE`: the heading of docs/statistics.md under which the table stands;
- `STUDIES`: number of synthetic studies per row of the table, unless `--studies` says otherwise;
- `HEAD`: the names of the columns;
- `CASES`: the rows, each a tuple of values;
- `measure_row(studies, rng, *case)`: the row of one case, a list of strings. It runs in a process of its own.
"""
