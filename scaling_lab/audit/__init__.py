"""Published numbers beside what the lab counts: data to findings to a page. No torch.

`rows` are the published rows, `readings` the networks that a row can mean, `recount` the counts; `swaps`, `places`,
`released`, `versions` and `counters` are findings, a pure function each; `words` says them, `page` shows them.
"""
