"""Audit of published numbers: compare every printed FLOPs and parameter number with the lab's own count. No torch.

`rows` are the published rows, `readings` the networks that a row can mean, `recount` their counts. `swaps`, `places`,
`coefficients`, `versions` and `counters` derive findings from them, `findings` collects these, `table` is `audit.csv`.
The page is in `scaling_lab.report.audit`.
"""
