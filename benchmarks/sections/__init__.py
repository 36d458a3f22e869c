"""The tables of `benchmarks/coverage.py`, one module per table.

A section is a module of this package with

- `TITLE`: the heading under which the table stands;
- `PAGE`: the page of docs that has it; statistics.md if there is none;
- `STUDIES`: number of synthetic studies per row of the table, unless `--studies` says otherwise;
- `HEAD`: the names of the columns;
- `CASES`: the rows, each a tuple of values;
- `measure_row(studies, rng, *case)`: the row of one case, a list of strings. It runs in a process of its own.
"""
