"""Published numbers beside what the lab counts: data to findings to a page. No torch.

`rows` are the published rows, `readings` the networks that a row can mean, `recount` the counts; `swaps`, `places`,
`coefficients`, `versions` and `counters` are findings, a pure function each; `words` and `finding_words` say them,
`page` shows them.
"""
